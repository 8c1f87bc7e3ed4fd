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
	Route     string // the path as openapi.yaml writes it, such as /phone_numbers/{id}; empty in the same case
	Number    int    // 1 for the first attempt of the call, 2 for the first retry, and so on
}

// AttemptOf returns the Attempt of a request with this context. It returns false if no method of [Client] sent the
// request, as for a request of [Client.Raw].
func AttemptOf(ctx context.Context) (Attempt, bool) {
	a := attemptOf(ctx)
	if a == nil || a.Number == 0 {
		return Attempt{}, false
	}
	return a.Attempt, true
}

// attempt is the context of a request. The guard records in it what happens to the request.
type attempt struct {
	context.Context //nolint:containedctx // an attempt is a context
	Attempt

	once     bool               // the guard lets it pass only once
	cancel   context.CancelFunc // cancels this context
	answered bool               // the headers of a response have arrived

	passed    atomic.Bool // it has reached the transport
	returned  atomic.Bool // the transport has returned
	repeated  atomic.Bool // a second request or connection was stopped
	connected atomic.Bool // the transport has a connection
	body      atomic.Int32
}

// The states of the body of a request.
const (
	bodyUnread = iota
	bodyBegun  // a part of it was read, and may have been sent
	bodySealed // none of it was read, and none can be from now on
	bodyEarly  // the same, because the transport read it before it had a connection, or there is no body to guard
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

// unsent reports whether the guard shows that none of the body was sent. It also makes sure that none will be, because
// net/http can return an error and read the body later. A request without its body creates nothing.
func (a *attempt) unsent() bool {
	return a.passed.Load() && (a.body.CompareAndSwap(bodyUnread, bodySealed) || a.body.Load() != bodyBegun)
}

// guard is the http.RoundTripper between the middleware and the transport. It makes sure that a request that creates
// something is sent only once:
//
//   - It lets each attempt pass once, so that a middleware can read and copy the request, but not send it again.
//   - It removes GetBody. net/http sends a POST again by itself if it can get the body again. Over HTTP/1.1, it takes
//     an Idempotency-Key header as a promise that the server honors it, and repeats the request if a kept-alive
//     connection breaks before the response. Over HTTP/2, it repeats a request that the server resets with certain
//     codes. It also repeats a request without a body, so the guard adds an empty one.
//   - A transport that is not an *http.Transport can send a request again by itself. To do so, it must have read the
//     body before. So the guard gives it the body only once it has a connection and only once, and then stops it from
//     using another connection.
type guard struct {
	next   http.RoundTripper
	opaque bool // next is not an *http.Transport
}

var (
	errRepeated = errors.New("a middleware or the transport tried to send the request a second time, and the client stopped it; turn off its retries, because the client has its own")
	errDropped  = errors.New("a middleware replaced the context of the request, so the client cannot make sure that it is sent only once; " +
		"derive the new context from the context of the request")
)

// unguarded returns the error for a transport that may send a request twice.
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
			a.cancel() // so that the middleware does not try again; if it sends both at once, only the first goes on
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
		a.body.Store(bodyBegun) // because the headers are the whole request
	}
	if g.opaque {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: a.gotConn})
	}
	r = r.WithContext(ctx) // a copy
	r.Body, r.GetBody = &guardedBody{ReadCloser: body, attempt: a, guard: g}, nil
	defer a.returned.Store(true)
	return g.next.RoundTrip(r)
}

// gotConn records that the transport has a connection. If the transport has already begun to read the body, it wants
// this connection to send its copy of the body again. gotConn makes sure that nothing is sent over it: HTTP/2 checks
// the context before it writes, so gotConn cancels that, and it closes any other connection.
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

// guardedBody records that it is read. It fails if the transport reads it too early or too late.
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
		return 0, b.guard.unguarded() // even with a connection by now, because the caller is told that nothing was sent
	case bodySealed:
		return 0, net.ErrClosed
	}
	return b.ReadCloser.Read(p)
}
