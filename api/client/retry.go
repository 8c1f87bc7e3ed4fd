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
	again := failure.kind == unsent || failure.kind == unprocessed // it may be carried out next time, and was not this time
	switch failure.StatusCode {
	case http.StatusTooManyRequests, http.StatusMisdirectedRequest, http.StatusTooEarly:
		again = true
	}
	switch {
	case x.op.idempotent:
		return again || failure.kind == broken || failure.StatusCode == http.StatusRequestTimeout ||
			failure.StatusCode >= http.StatusInternalServerError
	case x.unknown:
		return x.keysHonored()
	}
	return again
}

// hopeless reports whether a connection failed in a way that the next one will too.
func hopeless(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate)
}

// noteKeyTTL notes whether the server honors an Idempotency-Key. An answer from before the API, a proxy's 502 say, changes nothing.
func (x *call) noteKeyTTL(response *http.Response) {
	if len(response.Header[keyTTLHeader]) == 0 && !x.succeeds(response.StatusCode) {
		return
	}
	noted := int64(keyTTL(response.Header))
	if x.keyTTL.Load() != noted {
		x.keyTTL.Store(noted)
	}
	if noted == 0 && !x.keyless.Load() {
		x.keyless.Store(true)
	}
}

const keyTTLHeader = "Idempotency-Key-Ttl"

// keyTTL is how long the server keeps an Idempotency-Key, as an answer says; 0 if it makes no promise that makes sense.
func keyTTL(header http.Header) time.Duration {
	const longest = 366 * 24 * 60 * 60 // seconds
	values := header[keyTTLHeader]
	if len(values) != 1 {
		return 0
	}
	seconds, err := strconv.ParseUint(values[0], 10, 64)
	if err != nil || seconds > longest {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// keysHonored reports whether the server has shown, with Idempotency-Key-TTL, that the call's key stands for it, also after the
// longest wait. The header is the same for all endpoints, so it says nothing about one that openapi.yaml does not have.
func (x *call) keysHonored() bool {
	return x.op.id != "" && time.Since(x.start)+maxRetryAfter < time.Duration(x.keyTTL.Load())
}

// settles reports whether a failure shows that the call has changed nothing: nothing was written, or the server refused.
func (x *call) settles(failure *Error) bool {
	if x.unknown {
		// An earlier try may have been carried out. Only a refusal from behind the check of the key says that it was not, and only
		// the answer itself says that this server checks keys: another one may have answered before. Where some servers check no
		// keys, as while an API learns to, one of them may have sold what this one refuses.
		return !x.keyless.Load() && failure.kind == refused && failure.StatusCode == http.StatusUnprocessableEntity && failure.keyStands &&
			failure.Code.Valid() && failure.Code != api.CodeIdempotencyKeyReused
	}
	switch failure.kind {
	case unsent, unprocessed, unmade:
		return true
	case refused:
		// A 409 from behind the check of the key says idempotency_in_progress, even if a proxy has cut or replaced its body.
		inProgress := failure.Code == api.CodeIdempotencyInProgress ||
			failure.StatusCode == http.StatusConflict && failure.keyStands && !failure.Code.Valid()
		return !inProgress && refuses(failure.StatusCode)
	default:
		return false
	}
}

// refuses reports whether a status says that the request was not carried out (RFC 9110, sections 15.4 and 15.5). A 303 leads to the
// result of one that was, and a 408 can come from a proxy that has passed the request on.
func refuses(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	case http.StatusRequestTimeout:
		return false
	}
	return status >= 400 && status < 500 && http.StatusText(status) != ""
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
	x.log.LogAttrs(ctx, slog.LevelWarn, "phone-number API: retrying", slog.Duration("wait", d), slog.Any("error", failure))
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
	e.Detail = strings.TrimPrefix(e.Detail+"; not retried: "+why.Error(), "; ")
	e.Err = errors.Join(e.Err, why)
	return false
}

// retryAfter reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or a date, which is read against the Date of the answer,
// as clocks differ. Anything else is 0. Some servers send a fraction of seconds.
func retryAfter(header http.Header) time.Duration {
	const longest = 366 * 24 * time.Hour
	value := header.Get("Retry-After")
	if strings.Trim(value, "0123456789.") == "" {
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return 0
		}
		return time.Duration(min(seconds, longest.Seconds()) * float64(time.Second))
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(0, date.Sub(now)), longest)
}
