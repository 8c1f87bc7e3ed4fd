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

// sendAgain reports whether to send the call again after a failure. No other code decides this.
func (x *call) sendAgain(failure *Error) bool {
	if failure.ended || hopeless(failure.Err) {
		return false
	}
	again := failure.kind == unsent || failure.kind == unprocessed // it was not carried out, but the next attempt may be
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

// hopeless reports whether a connection failed for a reason that will make the next one fail too.
func hopeless(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate)
}

// noteKeyTTL records whether the server honors an Idempotency-Key. A failure without Idempotency-Key-TTL, such as the
// 502 of a proxy, changes nothing.
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

// keyTTL returns how long the server keeps an Idempotency-Key, according to a response. It returns 0 if the response
// makes no valid promise.
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

// keysHonored reports whether the server has shown, with Idempotency-Key-TTL, that it will still honor the call's key
// after the longest wait. The header is the same for all endpoints, so it says nothing about one that openapi.yaml does
// not have.
func (x *call) keysHonored() bool {
	return x.op.id != "" && time.Since(x.start)+maxRetryAfter < time.Duration(x.keyTTL.Load())
}

// settles reports whether a failure shows that the call has changed nothing, because nothing was written or the server
// refused.
func (x *call) settles(failure *Error) bool {
	if x.unknown {
		// An earlier attempt may have been carried out. Only a server that refuses after it has checked the key shows that it was
		// not. The refusal itself must show that its server checks keys, because another server may have sent the earlier
		// responses. If some servers do not check keys yet, one of them may have sold what this one refuses.
		return !x.keyless.Load() && failure.kind == refused && failure.StatusCode == http.StatusUnprocessableEntity && failure.keyStands &&
			failure.Code.Valid() && failure.Code != api.CodeIdempotencyKeyReused
	}
	switch failure.kind {
	case unsent, unprocessed, unmade:
		return true
	case refused:
		// A 409 from a server that checks keys means idempotency_in_progress, even if a proxy has cut or replaced its body.
		inProgress := failure.Code == api.CodeIdempotencyInProgress ||
			failure.StatusCode == http.StatusConflict && failure.keyStands && !failure.Code.Valid()
		return !inProgress && refuses(failure.StatusCode)
	default:
		return false
	}
}

// refuses reports whether a status says that the request was not carried out (RFC 9110, sections 15.4 and 15.5). A 303
// points to the result of a request that was, and a 408 can come from a proxy that has passed the request on.
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

// wait waits before the next attempt: exponential backoff with full jitter, at least as long as the server asks for, up
// to a minute. If the context would end first, wait records that in the failure and returns false at once.
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

// giveUp records in e why there is no further attempt, and returns false.
func (e *Error) giveUp(why error) bool {
	e.Detail = strings.TrimPrefix(e.Detail+"; not retried: "+why.Error(), "; ")
	e.Err = errors.Join(e.Err, why)
	return false
}

// retryAfter returns the value of a Retry-After header (RFC 9110, section 10.2.3), or 0 if it is not valid. It compares
// a date with the Date of the response, because clocks differ. It accepts a fraction of a second, which some servers
// send.
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
