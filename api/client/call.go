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

// call is one call of an operation, with all its tries.
type call struct {
	*Client
	op       operation
	settings settings
	request  *http.Request    // of which each try sends a copy
	secrets  *redact.Redactor // made when there is something to redact

	start   time.Time // of the first try
	tries   int       // so far
	unknown bool      // whether a try has been carried out, or will be yet
}

// newCall makes a call of the request that a builder of package raw returned, with the builder's error.
func (c *Client) newCall(op operation, s settings, request *http.Request, err error) (*call, error) {
	if err != nil {
		return nil, op.fails(unmade, err.Error(), err)
	}
	c.direct(request)
	return &call{Client: c, op: op, settings: s, request: request}, nil
}

// below is the base URL that the builders of package raw are given; direct puts the real one before what they make of it. They
// would parse it three times a call, which is as much time as a tenth of the whole.
const below = "/"

func (c *Client) direct(request *http.Request) {
	u := request.URL
	if u.RawPath != "" || c.base.RawPath != "" {
		u.RawPath = c.base.EscapedPath() + u.EscapedPath()
	}
	u.Scheme, u.Host, u.Path = c.base.Scheme, c.base.Host, c.base.Path+u.Path
	request.Host = u.Host
}

// do makes a call that has nothing special to it. fits, if any, says what is wrong with a result that is complete.
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

// asError is failure as an error, nil if it is nil.
func asError(failure *Error) error {
	if failure == nil {
		return nil
	}
	return failure
}

// send tries until there is an answer to keep, the failure is final, the tries are used up or the context ends. keep takes an
// answer, or says what is wrong with it.
func (x *call) send(ctx context.Context, keep func(answer) error) *Error {
	if x.tries == 0 && !x.op.idempotent {
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
		if x.tries > x.settings.retries || !x.sendAgain(failure) || !x.wait(ctx, retry, failure) || !x.sendAgain(failure) {
			return failure // asked again after the wait, as a key may not stand any more
		}
	}
}

// try sends the request once and reads the answer. It returns an answer that says that the call was carried out.
func (x *call) try(ctx context.Context) (answer, *Error) {
	logged := x.log.Enabled(ctx, slog.LevelDebug)
	var started time.Time
	if logged {
		started = time.Now()
	}
	x.tries++
	got, failure := x.exchange(ctx)
	if logged {
		attrs := []slog.Attr{
			slog.String("method", x.op.method), slog.String("route", x.op.route), slog.Int("attempt", x.tries),
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
	a := &attempt{Attempt: Attempt{Operation: x.op.id, Number: x.tries}, once: !x.op.idempotent}
	if x.op.id != "" {
		a.Route = x.op.route
	}
	a.Context, a.cancel = context.WithTimeout(ctx, x.settings.timeout)
	defer a.cancel()
	request := x.request.WithContext(a)
	if x.request.GetBody != nil {
		request.Body, _ = x.request.GetBody() // of a bytes.Reader, which has no error
	}
	if a.once {
		request.GetBody = nil // with which net/http sends again by itself
	}
	request.Header = make(http.Header, 8) // of this try alone, as middleware may change it
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

// succeeds reports whether a status says that the call was carried out, and its result comes with the answer.
func (x *call) succeeds(status int) bool {
	switch {
	case x.op.response == nil: // of [Client.Do]
		return status >= 200 && status < 300
	case status == http.StatusNoContent:
		return x.op.method == http.MethodDelete
	}
	return status == http.StatusOK || status == http.StatusCreated
}

// connectionError is the failure of a try without a complete answer.
func (x *call) connectionError(ctx context.Context, a *attempt, err error) *Error {
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err // the rest of the text is what Error has anyway
	}
	kind, reason := broken, ""
	if !a.answered {
		reason = notProcessed(err)
	}
	switch {
	case errors.Is(err, errDropped) && !a.passed.Swap(true): // and it cannot pass any more
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

// ended is the failure of a try that the caller's context ended.
func (x *call) ended(ctx context.Context, k kind) *Error {
	failure := x.failure(k, causeOf(ctx))
	failure.ended = true
	return failure
}

// causeOf says why ctx has ended, also in the words of its caller (context.WithCancelCause).
func causeOf(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return fmt.Errorf("%w: %w", ctx.Err(), cause)
	}
	return ctx.Err()
}
