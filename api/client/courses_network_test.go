package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing/iotest"
	"time"
)

// send is the network. It carries a request to a node and the response back, or loses one of them, or responds itself.
func (w *world) send(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.requests++
	d, far := newDice(w.seed, 2+2*w.requests), newDice(w.seed, 3+2*w.requests)
	q := w.note(r)
	w.mu.Unlock()
	response, err := w.carry(d, far, q, r)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.learn(q, response, err)
	return response, err
}

// carry carries a request. d decides what the network does, and far decides what the node does.
func (w *world) carry(d, far dice, q *request, r *http.Request) (*http.Response, error) {
	answers := make(chan answered, 2) // a node may send a second response, which nothing reads
	arriveIn := func(travel time.Duration) {
		if q.passed = true; travel > time.Minute {
			q.by = time.Time{} // a client cannot know that the request is this late
		}
		time.AfterFunc(travel, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.serve(far, q, func(a answered) { answers <- a })
		})
	}
	if d.chance(w.faults) {
		switch d.IntN(10) {
		case 0:
			return w.dials.RoundTrip(r)
		case 1:
			return nil, errors.New("http2: Transport received Server's graceful shutdown GOAWAY")
		case 2, 3: // a proxy blocks the request
			return w.byProxy(d, oneOf(d, 429, 429, 429, 429, 421, 425, 301, 302, 307, 308, 405, 413, 415, 409, 401, 403, 404, 400, 422)), nil
		}
		if d.chance(0.7) { // a client cannot know whether the request gets to a node
			arriveIn(oneOf(d, 1, 1, d.within(time.Second), d.within(time.Second), d.within(40*time.Second), d.within(5*time.Minute)))
		}
		if err := pause(r.Context(), oneOf(d, 1, d.within(time.Second), d.within(25*time.Second))); err != nil {
			return nil, err
		}
		switch d.IntN(6) {
		case 0:
			return nil, io.ErrUnexpectedEOF
		case 1:
			<-r.Context().Done()
			return nil, r.Context().Err()
		case 2:
			return w.rubbish(d), nil
		}
		return w.byProxy(d, oneOf(d, 408, 499, 500, 502, 503, 503, 504, 303, 202, 204, 206, 520)), nil
	}
	arriveIn(oneOf(d, 1, d.within(time.Second), d.within(time.Second), d.within(25*time.Second)))
	var a answered
	select {
	case a = <-answers:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	switch tampers := d.chance(w.faults / 3); {
	case tampers && d.chance(0.3):
		half := io.MultiReader(strings.NewReader(a.body[:len(a.body)/2]), iotest.ErrReader(io.ErrUnexpectedEOF))
		return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(half)}, nil
	case tampers && d.chance(0.5):
		return reply(a.status, a.header, oops), nil
	case tampers:
		a.header = http.Header{}
	}
	q.exact = a.status == http.StatusUnprocessableEntity && a.header.Get("Idempotency-Key-TTL") != ""
	for n := range w.owner {
		if q.sale != nil && q.what == "GET /phone_numbers" && a.status == http.StatusOK && strings.Contains(a.body, n) {
			q.sale.seen[n] = true
		}
	}
	return reply(a.status, a.header, a.body), nil
}

// answered is the response of a node.
type answered struct {
	status int
	header http.Header
	body   string
}

const oops = "<!doctype html><title>Oops</title>"

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// byProxy returns a response that is not from a node.
func (w *world) byProxy(d dice, status int) *http.Response {
	header := http.Header{"X-Request-Id": {testKey}}
	if status >= 300 && status < 400 {
		header.Set("Location", "http://elsewhere.example/?key="+testKey)
	}
	if w.nodes[0].keys && d.chance(0.2) { // the proxy adds this header to all its responses
		header.Set("Idempotency-Key-TTL", strconv.Itoa(int(w.ttl.Seconds())))
	}
	w.mayAskToWait(d, header)
	return reply(status, header, oneOf(d, "", oops, `{"message":"not now, `+testKey+`"}`, `{"code":"busy"}`))
}

func (w *world) mayAskToWait(d dice, header http.Header) {
	after := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	header.Set("Retry-After", oneOf(d, "", "", "", "0", "2", "1.5", "20", "120", "99999999999999999999", "-1", "soon", after(7*time.Second), after(-time.Hour), after(9000*time.Hour)))
}

// rubbish returns a success that is for another user, or that is not from the API at all.
func (w *world) rubbish(d dice) *http.Response {
	header := http.Header{}
	if w.nodes[0].keys && d.chance(0.5) {
		header["Idempotency-Key-Ttl"] = oneOf(d, []string{"-1"}, []string{"86400"}, []string{"soon"}, []string{"86400", "86400"})
	}
	return reply(oneOf(d, 200, 200, 201), header, oneOf(d, "", oops, "null", "{}", "[]", `{"message":"`+testKey+`"}`,
		like(`{"number":"+13105550000"}`), pageOf(""), pageOf("2", like(`{"number":"+13105550000"}`)), `[{"number":"+13105550000"}]`))
}
