package client

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vogent-community/phonenumbers/api"
)

// sendAgain decides, and nothing else does, whether the call is sent again after a failure.
func (x *call) sendAgain(failure *Error) bool {
	if failure.ended || hopeless(failure.Err) {
		return false
	}
	switch {
	case failure.kind == unsent && !x.open:
		return true
	case x.op.idempotent:
		return failure.kind == broken || failure.StatusCode == http.StatusRequestTimeout ||
			failure.StatusCode == http.StatusTooManyRequests || failure.StatusCode >= http.StatusInternalServerError
	default:
		return x.open && x.keysHonoured()
	}
}

// hopeless reports whether a connection failed in a way that the next one will too.
func hopeless(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate)
}

// keysHonoured reports whether the server has shown, with Idempotency-Key-TTL, that the call's key stands for it, also after the
// longest wait.
func (x *call) keysHonoured() bool {
	return time.Since(x.start)+maxRetryAfter < time.Duration(x.keyTTL.Load())
}

// settles reports whether a failure shows that the call has changed nothing: nothing was written, or the server refused.
func (x *call) settles(failure *Error) bool {
	if x.open {
		// An earlier try may have been carried out. Only a refusal from behind the check of the key says that it was not.
		return failure.kind == refused && failure.StatusCode == http.StatusUnprocessableEntity &&
			failure.Code.Valid() && failure.Code != api.CodeIdempotencyKeyReused
	}
	switch failure.kind {
	case unsent:
		return true
	case refused:
	default:
		return false
	}
	switch failure.StatusCode {
	case http.StatusTooManyRequests:
		return x.op.idempotent // which costs nothing where it is wrong
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly:
		return false
	default:
		return failure.StatusCode >= 400 && failure.StatusCode < 500
	}
}

const (
	firstWait     = 500 * time.Millisecond // at most; doubled with each retry
	longestWait   = 8 * time.Second
	maxRetryAfter = time.Minute
)

// wait waits before the next try: exponential backoff with full jitter, at least as long as the server has asked for, up to a
// minute. It returns false at once where the context ends before that, and notes so in the failure.
func (x *call) wait(ctx context.Context, retry int, failure *Error) bool {
	d := max(x.jitter(min(longestWait, firstWait<<min(retry, 10))), min(failure.RetryAfter, maxRetryAfter))
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return failure.giveUp(context.DeadlineExceeded)
	}
	x.log.LogAttrs(ctx, slog.LevelWarn, "phone-number API: trying again", slog.Duration("wait", d), slog.Any("error", failure))
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return failure.giveUp(causeOf(ctx))
	}
}

// giveUp notes that the context ended the wait for another try.
func (e *Error) giveUp(why error) bool {
	e.Detail = strings.TrimPrefix(e.Detail+"; not tried again: "+why.Error(), "; ")
	e.Err = errors.Join(e.Err, why)
	return false
}

// retryAfter reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or a date. Anything else is 0.
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}
