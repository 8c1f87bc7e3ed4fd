package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// call is one call of an operation, with all its tries.
type call struct {
	*Client
	op        operation
	settings  settings
	request   *http.Request       // of which each try sends a copy
	redactors []*strings.Replacer // made when there is something to redact

	start time.Time // of the first try
	tries int       // so far
	open  bool      // whether a try has been carried out, or will be yet
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

// do makes a call that has nothing special to it.
func do[T any](ctx context.Context, c *Client, op operation, opts []CallOption, request *http.Request, err error) (result T, _ error) {
	s, wrong := c.settingsOf(op, opts)
	x, err := c.newCall(op, s, request, errors.Join(err, wrong))
	if err != nil {
		return result, err
	}
	result, failure := send[T](ctx, x)
	if failure != nil {
		return result, failure
	}
	return result, nil
}

// send tries until there is an answer to keep, the failure is final, the tries are used up or the context ends.
func send[T any](ctx context.Context, x *call) (result T, _ *Error) {
	if x.tries == 0 && !x.op.idempotent {
		x.start = time.Now()
	}
	for retry := 0; ; retry++ {
		got, failure := x.try(ctx)
		if failure == nil {
			decoded, err := decode[T](x.op, got.bytes)
			if err == nil {
				return decoded, nil
			}
			failure = x.unusable(got, err)
		}
		x.open = !x.settles(failure)
		if x.tries > x.settings.retries || !x.sendAgain(failure) || !x.wait(ctx, retry, failure) || !x.sendAgain(failure) {
			return result, failure // asked again after the wait, as a key may not stand any more
		}
	}
}

// try sends the request once and reads the answer. It returns the body of a 200.
func (x *call) try(ctx context.Context) (answer, *Error) {
	logged := x.log.Enabled(ctx, slog.LevelDebug)
	var started time.Time
	if logged {
		started = time.Now()
	}
	got, failure := x.exchange(ctx)
	x.tries++
	if logged {
		attrs := []slog.Attr{
			slog.String("method", x.op.method), slog.String("route", x.op.route), slog.Int("try", x.tries),
			slog.Int("status", got.status), slog.Duration("duration", time.Since(started)),
		}
		if failure != nil {
			attrs = append(attrs, slog.Any("error", failure))
		}
		x.log.LogAttrs(ctx, slog.LevelDebug, "phone-number API: call", attrs...)
	}
	return got, failure
}

func (x *call) exchange(ctx context.Context) (answer, *Error) {
	if ctx.Err() != nil {
		return answer{}, x.ended(ctx, unsent)
	}
	tryCtx, cancel := context.WithTimeout(ctx, x.settings.timeout)
	defer cancel()
	var conn *connection
	if !x.op.idempotent {
		conn = new(connection)
		tryCtx = conn.trace(tryCtx)
	}
	request := x.request.WithContext(tryCtx)
	if x.request.GetBody != nil {
		request.Body, _ = x.request.GetBody() // of a bytes.Reader, which has no error
	}
	if !x.op.idempotent {
		keepFromReplay(request)
	}
	request.Header = make(http.Header, 8) // of this try alone, as middleware may change it
	for _, some := range []http.Header{x.request.Header, x.headers(), x.settings.header} {
		maps.Copy(request.Header, some)
	}
	response, err := x.http.Do(request) //nolint:bodyclose // readAnswer closes it
	if err != nil {
		kind := broken
		if conn != nil && conn.untouched() {
			kind = unsent
		}
		var inURL *url.Error
		if errors.As(err, &inURL) {
			err = inURL.Err // the rest of the text is what Error has anyway
		}
		return answer{}, x.connectionError(ctx, tryCtx, kind, err)
	}
	x.noteKeyTTL(response)
	got, err := readAnswer(response)
	if x.settings.into != nil {
		*x.settings.into = Response{StatusCode: got.status, Header: got.header, Body: got.bytes}
	}
	switch {
	case err != nil && got.status == http.StatusOK:
		failure := x.connectionError(ctx, tryCtx, broken, err)
		x.describe(failure, got)
		return got, failure
	case got.status != http.StatusOK:
		return got, x.refused(got)
	case got.cut:
		return got, x.unusable(got, fmt.Errorf("it has more than %d MiB", maxBody>>20))
	}
	return got, nil
}

// connectionError is the failure of a try without a complete answer.
func (x *call) connectionError(ctx, tryCtx context.Context, k kind, err error) *Error {
	if ctx.Err() != nil {
		return x.ended(ctx, k)
	}
	failure := x.failure(k, err)
	if tryCtx.Err() != nil {
		failure.Detail = "none within " + x.settings.timeout.String()
		if k == unsent {
			failure.Detail = "no connection within " + x.settings.timeout.String()
		}
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

// noteKeyTTL notes whether the server honours an Idempotency-Key. An answer from before the API, a proxy's 502 say, changes nothing.
func (x *call) noteKeyTTL(response *http.Response) {
	var seconds uint64
	if ttl := response.Header["Idempotency-Key-Ttl"]; len(ttl) > 0 {
		seconds, _ = strconv.ParseUint(ttl[0], 10, 31) // 0 where it is no number
	} else if response.StatusCode != http.StatusOK {
		return
	}
	if noted := int64(time.Duration(seconds) * time.Second); x.keyTTL.Load() != noted {
		x.keyTTL.Store(noted)
	}
}

// connection tells whether a try can have written anything. Only a transport that reports what it does can show that it
// has not.
type connection struct{ wanted, got atomic.Bool }

func (c *connection) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { c.wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { c.got.Store(true) },
	})
}

func (c *connection) untouched() bool { return c.wanted.Load() && !c.got.Load() }
