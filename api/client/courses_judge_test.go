package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/vogent-community/phonenumbers/api/client"
)

// judge compares what a call reported with what really happened. It returns the outcome in a few words.
func (w *world) judge(s *sale) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	wrong := func(format string, args ...any) {
		w.t.Errorf("seed %d, %s %s: %s (%q, %v)", w.seed, s.way, s.number, fmt.Sprintf(format, args...), s.got.Number, s.err)
	}
	var bought []string
	for n, by := range w.seller {
		if by == s && !s.misled { // a client cannot know what a node did if it has no response from it
			bought = append(bought, n)
		}
	}
	if len(bought) > 1 {
		wrong("it has bought %q; want one at most", bought)
	}
	for n, posts := range s.posts {
		if posts > w.retries+1 {
			wrong("it has sent %d requests to buy %s; want %d at most", posts, n, w.retries+1)
		}
	}
	// Each request is sent once, and at most w.retries times again. For each number that a search finds, there is at most one
	// request to buy it. For the last number, each round of the look-up has a request with a filter and one without, and the last
	// round has one for each page.
	each, tried := w.retries+1, len(s.posts)
	if most := each * (tried + tried + 2 + 2*each + len(w.owner) + 1); s.requests > most {
		wrong("it has sent %d requests for %d numbers; want %d at most", s.requests, tried, most)
	}
	if !s.ends.IsZero() && s.ended.After(s.ends) {
		wrong("it returned %v after its context had ended; want 0s", s.ended.Sub(s.ends))
	}
	most := time.Duration(s.requests)*(30*time.Second+time.Minute) + time.Minute // an attempt and a wait for each, and a wait before the look-up
	if took := s.ended.Sub(s.begun); took > most {
		wrong("it took %v; want %v at most", took, most)
	}
	if s.err == nil {
		n := s.got.Number
		before := s.before
		for before != nil && w.seller[n] != before {
			before = before.before
		}
		switch {
		case s.number != "" && n != s.number:
			wrong("it returns the number %s; want %s", n, s.number)
		case w.owner[n] != "us":
			wrong("the owner of the number is %q; want us", w.owner[n])
		case w.seller[n] == s, before != nil:
		case s.owners[n] == "us" && s.open && s.seen[n] && !s.exact && s.way != "import":
			// Without keys, a client cannot tell whether we already had the number or have just bought it. See Client.Buy.
		default:
			wrong("it has not bought it")
		}
		return "bought"
	}
	var failure *client.Error
	if !errors.As(s.err, &failure) {
		wrong("the error is a %T; want a *client.Error", s.err)
		return ""
	}
	if text := fmt.Sprintf("%v %+v %#v %q %s", s.err, *failure, *failure, failure.Body, encode(failure.Header)); strings.Contains(text, testKey) {
		wrong("the error has the API key")
	}
	sentinels := 0
	for _, sentinel := range []error{
		client.ErrNotFound, client.ErrUnauthorized, client.ErrRateLimited, client.ErrValidation,
		client.ErrNumberUnavailable, client.ErrUnavailable, client.ErrOutcomeUnknown,
	} {
		if errors.Is(s.err, sentinel) {
			sentinels++
		}
	}
	if sentinels > 1 {
		wrong("the error is %d of the package's; want one at most", sentinels)
	}
	sent := 0 // how many requests to buy the last number were sent
	if n := len(s.order); n > 0 {
		sent = s.posts[s.order[n-1]]
	}
	if !errors.Is(s.err, client.ErrOutcomeUnknown) {
		if isPurchase := !strings.HasSuffix(failure.Route, "/search"); isPurchase && failure.StatusCode == http.StatusTooManyRequests && s.ends.IsZero() && sent <= w.retries {
			wrong("it was throttled, and was not sent again")
		}
		if len(bought) > 0 {
			wrong("it has bought %q; want none", bought)
		}
		// What a node that honors keys says about a purchase also holds for the earlier calls with the same key.
		c := w.claims[failure.IdempotencyKey]
		ttl := failure.Header.Get("Idempotency-Key-TTL")
		byNode := ttl != "" && ttl != "0" && (failure.StatusCode == http.StatusConflict || errors.Is(s.err, client.ErrNumberUnavailable))
		if byNode && c != nil && c.bought && s.ended.Sub(c.made) < c.ttl {
			wrong("a call before has bought it under the same key")
		}
		return "not bought"
	}
	switch {
	case failure.Number == "":
		wrong("the error has no number; want one")
	case s.number != "" && failure.Number != s.number:
		wrong("the error has the number %q; want %q", failure.Number, s.number)
	case len(bought) > 0 && bought[0] != failure.Number:
		wrong("the error has the number %q; want %q, which it has bought", failure.Number, bought[0])
	case failure.IdempotencyKey == "":
		wrong("the error has no key; want one")
	case !s.open:
		wrong("the outcome is unknown; want another error, as each response says that the number was not bought")
	case s.seen[failure.Number] && s.way != "import":
		wrong("it has seen the number in a list")
	case !s.looked && s.ends.IsZero():
		wrong("it has not looked for the number")
	case s.honored && s.ends.IsZero() && sent <= w.retries:
		wrong("keys are honored, and it was not sent again")
	}
	if len(bought) > 0 {
		return "unknown, bought"
	}
	return "unknown, not bought"
}
