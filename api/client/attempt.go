package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// Attempt says what a request is for. A middleware can use it to name spans and label metrics. It never contains an id
// or another value.
type Attempt struct {
	Operation string // the operationId in openapi.yaml, such as getPhoneNumber; empty for an endpoint that openapi.yaml does not have
	Route     string // the path as openapi.yaml writes it, such as /phone_numbers/{id}; likewise empty
	Number    int    // 1 for the first attempt of the call, 2 for the first retry, and so on
}

// AttemptOf returns what a request with this context is for. It returns false if no method of [Client] sent the
// request, as for a request of [Client.Raw].
func AttemptOf(ctx context.Context) (Attempt, bool) {
	a := attemptOf(ctx)
	if a == nil || a.Number == 0 {
		return Attempt{}, false
	}
	return a.Attempt, true
}

// attempt is the context of a request, with what the guard notes of it.
type attempt struct {
	context.Context //nolint:containedctx // it is one
	Attempt

	once     bool               // the guard lets it pass once
	cancel   context.CancelFunc // ends it
	answered bool               // the headers of an answer have come

	passed    atomic.Bool // it has come to the transport
	returned  atomic.Bool // the transport is done with it
	repeated  atomic.Bool // it has come there again, and was stopped
	connected atomic.Bool // the transport has got a connection
	body      atomic.Int32
}

// What has become of the body of a request.
const (
	bodyUnread = iota
	bodyBegun  // a part of it is read, and so perhaps sent
	bodySealed // it was not, and cannot be any more
	bodyEarly  // likewise, as the transport read it before it had a connection
)

type attemptKey struct{}

func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

func (a *attempt) Value(key any) any {
	if key == (attemptKey{}) {
		return a
	}
	return a.Context.Value(key)
}

// unsent reports whether the guard shows that nothing of the body has left, and makes sure that nothing will: net/http can return an
// error and read the body later. Without its body a request creates nothing.
func (a *attempt) unsent() bool {
	return a.passed.Load() && (a.body.CompareAndSwap(bodyUnread, bodySealed) || a.body.Load() != bodyBegun)
}

// guard stands between the middleware and the transport. It sees to it that a request that creates something leaves once:
//
//   - It lets each attempt pass once, so that a middleware can read and copy the request, but not send it again.
//   - It takes GetBody away. net/http sends a POST again by itself if it can get the body again: over HTTP/1.1 it takes a header
//     named Idempotency-Key as a promise that the server honors it, and repeats the request if a kept-alive connection breaks
//     before the answer; over HTTP/2 it repeats what the server resets with certain codes. It also sends again what has no body, so
//     the guard adds an empty one.
//   - A transport that is no *http.Transport can itself send a request again. To do so it must have read the body before. So the
//     guard gives it the body only once it has a connection, gives it once, and lets it have no further connection then.
type guard struct {
	next   http.RoundTripper
	opaque bool // next is no *http.Transport
}

var (
	errRepeated = errors.New("a middleware or the transport tried to send the request a second time, and the client stopped it; turn off its retries, because the client has its own")
	errDropped  = errors.New("a middleware replaced the context of the request, so the client cannot make sure that it is sent only once; " +
		"derive the new context from the context of the request")
)

// unguarded is the error of a transport that may send a request twice.
func (g *guard) unguarded() error {
	return fmt.Errorf("the transport %T could send the request twice: it reads the request before it has a connection, does not report connections to net/http/httptrace, "+
		"or got a request without a body; pass an *http.Transport to WithHTTPClient, and anything that wraps or replaces it to WithMiddleware", g.next)
}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	a := attemptOf(r.Context())
	switch {
	case a == nil && len(r.Header["Idempotency-Key"]) > 0:
		return nil, refuse(r, errDropped)
	case a == nil, !a.once:
		return g.next.RoundTrip(r)
	case a.passed.Swap(true):
		a.repeated.Store(true)
		if a.returned.Load() && a.cancel != nil {
			a.cancel() // so that the middleware does not try once more; one that hedges is left with the first
		}
		return nil, refuse(r, errRepeated)
	}
	ctx, body := r.Context(), r.Body
	if body == nil || body == http.NoBody {
		if g.opaque {
			a.body.Store(bodyEarly)
			return nil, g.unguarded()
		}
		body = http.NoBody
		a.body.Store(bodyBegun) // as the headers are all of it
	}
	if g.opaque {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: a.gotConn})
	}
	r = r.WithContext(ctx) // a copy
	r.Body, r.GetBody = &guardedBody{ReadCloser: body, attempt: a, guard: g}, nil
	defer a.returned.Store(true)
	return g.next.RoundTrip(r)
}

// gotConn notes that the transport has a connection. One that it gets after it has begun to read the body is for what it has kept
// of it, so nothing goes out over that: HTTP/2 looks at the context before it writes, and HTTP/1.1 needs the connection.
func (a *attempt) gotConn(info httptrace.GotConnInfo) {
	a.connected.Store(true)
	if a.body.Load() != bodyBegun {
		return
	}
	a.repeated.Store(true)
	if a.cancel != nil {
		a.cancel()
	}
	c, isTLS := info.Conn.(*tls.Conn)
	if isHTTP2 := isTLS && c.ConnectionState().NegotiatedProtocol == "h2"; !isHTTP2 || a.cancel == nil {
		_ = info.Conn.Close()
	}
}

// refuse closes the body, as an http.RoundTripper must.
func refuse(r *http.Request, err error) error {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return err
}

// guardedBody notes that it is read.
type guardedBody struct {
	io.ReadCloser
	attempt *attempt
	guard   *guard
}

func (b *guardedBody) Read(p []byte) (int, error) {
	state := &b.attempt.body
	if b.guard.opaque && !b.attempt.connected.Load() {
		state.CompareAndSwap(bodyUnread, bodyEarly)
	}
	state.CompareAndSwap(bodyUnread, bodyBegun)
	switch state.Load() {
	case bodyEarly:
		return 0, b.guard.unguarded() // also once there is a connection: the caller is told that nothing is sent
	case bodySealed:
		return 0, net.ErrClosed
	}
	return b.ReadCloser.Read(p)
}
