package client_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// request has the parts of a request that matter.
type request struct {
	number uint64
	sale   *sale // nil for other calls of the client
	what   string
	buys   string // the number that it is to buy
	query  map[string][]string
	key    string
	by     time.Time // it must arrive before this time, while its key is kept; zero if the time does not matter
	passed bool      // it has reached a node, or will
	said   bool      // the node has said that it was not carried out
	exact  bool      // if all nodes honor keys, the client can rely on what the node has said
}

// note records a request, and checks that the client was allowed to send it.
func (w *world) note(r *http.Request) *request {
	s, _ := r.Context().Value(saleKey{}).(*sale)
	q := &request{number: w.requests, sale: s, what: r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api"), query: r.URL.Query()}
	for name, values := range r.Header {
		if http.CanonicalHeaderKey(name) == "Idempotency-Key" {
			q.key = values[0]
		}
	}
	if s == nil {
		return q
	}
	s.requests++
	if time.Now().Before(s.notUntil) {
		w.t.Errorf("seed %d: request %d is sent %v earlier than Retry-After allows; want it later", w.seed, q.number, time.Until(s.notUntil))
	}
	s.notUntil = time.Time{}
	if r.Method == http.MethodGet {
		s.looked = true
		w.tell("%d: %s?%s", q.number, q.what, r.URL.RawQuery)
		return q
	}
	var body struct {
		Number              string
		Purchase, SIPImport struct{ Number, PhoneNumber string }
	}
	if !strings.HasSuffix(r.URL.Path, "/search") {
		text, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(text))
		_ = json.Unmarshal(text, &body)
		q.buys = cmp.Or(body.Number, body.Purchase.Number, body.SIPImport.PhoneNumber)
	}
	w.tell("%d: %s %s", q.number, q.what, q.buys)
	if q.buys == "" {
		return q
	}
	if s.way == "BuyAny" && !strings.HasPrefix(q.buys, "+1415") {
		w.t.Errorf("seed %d: request %d is to buy %s, with the prefix 415", w.seed, q.number, q.buys)
	}
	if s.posts[q.buys]++; s.posts[q.buys] == 1 {
		s.order = append(s.order, q.buys)
		s.sent[q.buys] = time.Now()
		delete(s.seen, q.buys)
	}
	if s.perhaps[q.buys] {
		if q.by = s.sent[q.buys].Add(w.noted); !time.Now().Before(q.by) {
			w.t.Errorf("seed %d: request %d is to buy %s once more, with a key that is kept for %v", w.seed, q.number, q.buys, w.noted)
		}
	}
	return q
}

// learn records what the client learns from a response.
func (w *world) learn(q *request, response *http.Response, err error) {
	s := q.sale
	status := 0
	if err == nil {
		status = response.StatusCode
		values := response.Header["Idempotency-Key-Ttl"]
		if len(values) > 0 || status == 200 || status == 201 {
			w.noted = 0
			if len(values) == 1 {
				seconds, _ := strconv.ParseUint(values[0], 10, 32)
				w.noted = time.Duration(seconds) * time.Second
			}
			w.keyless = w.keyless || w.noted == 0
		}
	}
	w.tell("%d: %d, %v, keys are kept for %v", q.number, status, err, w.noted)
	if s == nil {
		return
	}
	if err == nil && q.buys != "" {
		seconds, notSeconds := strconv.ParseFloat(response.Header.Get("Retry-After"), 64)
		if again := status == 408 || status == 429 || status >= 500; again && notSeconds == nil && seconds > 0 {
			s.notUntil = time.Now().Add(time.Duration(min(seconds, 60) * float64(time.Second)))
		}
	}
	if q.buys == "" {
		return
	}
	s.exact = q.exact && time.Since(s.sent[q.buys]) < w.noted && !w.keyless
	s.misled = s.misled || s.open && s.exact && slices.ContainsFunc(w.nodes, func(n node) bool { return !n.keys })
	if q.passed && !q.said {
		s.perhaps[q.buys] = true
	}
	clear := map[int]bool{
		400: true, 401: true, 403: true, 404: true, 405: true, 409: true, 413: true, 415: true, 421: true, 422: true, 425: true, 429: true,
		301: true, 302: true, 307: true, 308: true,
	}
	if inProgress := status == 409 && (q.passed || response.Header.Get("Idempotency-Key-TTL") != ""); inProgress || !clear[status] && err == nil || err != nil && !errors.Is(err, syscall.ECONNREFUSED) && !strings.Contains(err.Error(), "GOAWAY") {
		s.open = true
	}
}
