package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/vogent-community/phonenumbers/api/client/internal/redact"
)

// call is one call of an operation, with all its attempts.
type call struct {
	*Client
	op       operation
	settings settings
	request  *http.Request    // each attempt sends a copy of it
	secrets  *redact.Redactor // created when there is something to redact

	start    time.Time // of the first attempt
	attempts int       // so far
	unknown  bool      // whether an attempt may have been carried out, or may still be
}

// newCall returns a call of op that sends request, or an Error if err is not nil.
func (c *Client) newCall(op operation, s settings, request *http.Request, err error) (*call, error) {
	if err != nil {
		return nil, op.fails(unmade, err.Error(), err)
	}
	c.direct(request)
	return &call{Client: c, op: op, settings: s, request: request}, nil
}

// below is the base URL that the request builders of package raw get. The builders would parse the real one three times
// per call, which takes a tenth of the time of a call. So direct adds it afterwards.
const below = "/"

func (c *Client) direct(request *http.Request) {
	u := request.URL
	if u.RawPath != "" || c.base.RawPath != "" {
		u.RawPath = c.base.EscapedPath() + u.EscapedPath()
	}
	u.Scheme, u.Host, u.Path = c.base.Scheme, c.base.Host, c.base.Path+u.Path
	request.Host = u.Host
}

// do makes a call that needs no special handling. If fits is not nil, it returns what is wrong with a complete result.
func do[T any](
	ctx context.Context, c *Client, op operation, opts []CallOption, fits func(T) error, request *http.Request, err error,
) (result T, _ error) {
	s, wrong := c.settingsOf(op, opts)
	x, err := c.newCall(op, s, request, errors.Join(err, wrong))
	if err != nil {
		return result, err
	}
	return result, asError(x.send(ctx, into(&result, op, fits)))
}

// asError returns failure as an error, or nil if failure is nil.
func asError(failure *Error) error {
	if failure == nil {
		return nil
	}
	return failure
}

// send sends the request until it gets a response to keep, the failure is final, no retries are left or the context
// ends. keep accepts a response, or returns what is wrong with it.
func (x *call) send(ctx context.Context, keep func(answer) error) *Error {
	if x.attempts == 0 && !x.op.idempotent {
		x.start = time.Now()
	}
	for retry := 0; ; retry++ {
		got, failure := x.try(ctx)
		if failure == nil {
			err := keep(got)
			if err == nil {
				return nil
			}
			failure = x.unusable(got, err)
		}
		x.unknown = !x.settles(failure)
		if x.attempts > x.settings.retries || !x.sendAgain(failure) || !x.wait(ctx, retry, failure) || !x.sendAgain(failure) {
			return failure // checked again after the wait, because the key may have expired
		}
	}
}

// try sends the request once and reads the response. It returns an Error unless the response says that the call was
// carried out.
func (x *call) try(ctx context.Context) (answer, *Error) {
	logged := x.log.Enabled(ctx, slog.LevelDebug)
	var started time.Time
	if logged {
		started = time.Now()
	}
	x.attempts++
	got, failure := x.exchange(ctx)
	if logged {
		attrs := []slog.Attr{
			slog.String("method", x.op.method), slog.String("route", x.op.route), slog.Int("attempt", x.attempts),
			slog.Int("status", got.status), slog.Duration("duration", time.Since(started)),
		}
		if failure != nil {
			attrs = append(attrs, slog.Any("error", failure))
		}
		x.log.LogAttrs(ctx, slog.LevelDebug, "phone-number API: attempt", attrs...)
	}
	return got, failure
}

func (x *call) exchange(ctx context.Context) (answer, *Error) {
	if ctx.Err() != nil {
		return answer{}, x.ended(ctx, unsent)
	}
	a := &attempt{Attempt: Attempt{Operation: x.op.id, Number: x.attempts}, once: !x.op.idempotent}
	if x.op.id != "" {
		a.Route = x.op.route
	}
	a.Context, a.cancel = context.WithTimeout(ctx, x.settings.timeout)
	defer a.cancel()
	request := x.request.WithContext(a)
	if x.request.GetBody != nil {
		request.Body, _ = x.request.GetBody() // it reads a bytes.Reader and cannot fail
	}
	if a.once {
		request.GetBody = nil // net/http would use it to send the request again by itself
	}
	request.Header = make(http.Header, 8) // only for this attempt, because middleware may change it
	for _, some := range []http.Header{x.request.Header, x.headers(), x.settings.header} {
		maps.Copy(request.Header, some)
	}
	response, err := x.http.Do(request)
	if a.body.Load() == bodyEarly {
		if err == nil {
			_ = response.Body.Close()
		}
		return answer{}, x.failure(unmade, x.guard.unguarded())
	}
	if err != nil {
		return answer{}, x.connectionError(ctx, a, err)
	}
	a.answered = true
	x.noteKeyTTL(response)
	got, err := readAnswer(response, x.succeeds(response.StatusCode))
	if x.settings.into != nil {
		*x.settings.into = Response{StatusCode: got.status, Header: got.header, Body: got.bytes}
	}
	switch {
	case !x.succeeds(got.status):
		return got, x.refused(got)
	case err != nil:
		failure := x.connectionError(ctx, a, err)
		x.describe(failure, got)
		return got, failure
	case got.encoding != "":
		return got, x.unusable(got, errors.New(got.encoded()))
	case got.cut:
		return got, x.unusable(got, fmt.Errorf("it has more than %d MiB", maxBody>>20))
	}
	return got, nil
}

// succeeds reports whether a status says that the call was carried out and that the response has its result.
func (x *call) succeeds(status int) bool {
	switch {
	case x.op.response == nil: // a call of [Client.Do]
		return status >= 200 && status < 300
	case status == http.StatusNoContent:
		return x.op.method == http.MethodDelete
	}
	return status == http.StatusOK || status == http.StatusCreated
}

// connectionError returns the failure of an attempt without a complete response.
func (x *call) connectionError(ctx context.Context, a *attempt, err error) *Error {
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err // an Error already has the rest of the text
	}
	kind, reason := broken, ""
	if !a.answered {
		reason = notProcessed(err)
	}
	switch {
	case errors.Is(err, errDropped) && !a.passed.Swap(true): // Swap also keeps it from passing later
		kind = unmade
	case a.once && a.unsent():
		kind = unsent
	case a.repeated.Load():
		err = errRepeated
	case reason != "":
		kind = unprocessed
	}
	if ctx.Err() != nil {
		return x.ended(ctx, kind)
	}
	failure := x.failure(kind, err)
	timedOut := errors.Is(a.Err(), context.DeadlineExceeded)
	switch {
	case kind == unprocessed:
		failure.Detail = reason
	case timedOut && kind == unsent:
		failure.Detail = "no connection within " + x.settings.timeout.String()
	case timedOut && kind == broken:
		failure.Detail = "none within " + x.settings.timeout.String()
	}
	return failure
}

// ended returns the failure of an attempt that the caller's context ended.
func (x *call) ended(ctx context.Context, k kind) *Error {
	failure := x.failure(k, causeOf(ctx))
	failure.ended = true
	return failure
}

// causeOf returns why ctx has ended, including the cause that its caller gave (context.WithCancelCause).
func causeOf(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return fmt.Errorf("%w: %w", ctx.Err(), cause)
	}
	return ctx.Err()
}
