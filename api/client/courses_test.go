package client_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// Purchases in random courses of events. A world has numbers, servers behind a balancer and a network, all of which do what they like,
// as a seed has it. It knows what was bought, and so whether what the client says of it is true.
//
// COURSES=1-100000 runs these seeds, and COURSES=17-17 tells what happens in that one.
func TestPurchasesInRandomCoursesOfEvents(t *testing.T) {
	t.Parallel()
	first, last := uint64(1), uint64(2500)
	if span := os.Getenv("COURSES"); span != "" {
		if _, err := fmt.Sscanf(span, "%d-%d", &first, &last); err != nil {
			t.Fatalf("COURSES is %q; want a span of seeds such as 1-1000: %v", span, err)
		}
	}
	ends := map[string]int{}
	for seed := first; seed <= last && !t.Failed(); seed++ {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, seed, first == last)
			w.run()
			time.Sleep(time.Hour) // what is under way ends
			for _, s := range w.sales {
				ends[w.judge(s)]++
			}
			if t.Failed() {
				t.Logf("COURSES=%d-%d tells what happens", seed, seed)
			}
		})
	}
	t.Logf("%d courses: %v", last-first+1, ends)
	for _, end := range []string{"bought", "not bought", "unknown, bought", "unknown, not bought"} {
		if total := last - first + 1; total >= 1000 && ends[end] < int(total/20) {
			t.Errorf("%d calls end with %q; want %d or more, or the courses are too alike", ends[end], end, total/20)
		}
	}
}

// world is what is around a client.
type world struct {
	t     *testing.T
	seed  uint64
	talks bool
	start time.Time
	c     *client.Client
	dials http.RoundTripper // gets no connection

	mu       sync.Mutex
	requests uint64
	sales    []*sale

	faults  float64 // how often something goes wrong
	nodes   []node
	ttl     time.Duration // of a key, at the nodes that know keys
	lag     time.Duration // after which a new number is in the lists
	retries int
	noted   time.Duration // the TTL that the last good answer has shown
	keyless bool          // a good answer has shown none

	owner  map[string]string // of each number: us, others, or "" if it is for sale
	since  map[string]time.Time
	seller map[string]*sale // by which we have bought it
	claims map[string]*claim
}

// node is a server behind the balancer.
type node struct {
	keys    bool // it honors them
	codes   bool // its problems have them
	filters int  // 0: it filters, 1: it overlooks the filter, 2: it refuses it
	page    int
}

// claim is what the nodes that know keys have of one.
type claim struct {
	number string
	made   time.Time
	ttl    time.Duration
	bought bool // before that it is in progress, for up to 30 s
}

// sale is a call that buys, and what has come of it so far.
type sale struct {
	way      string
	number   string            // to buy, empty for BuyAny
	before   *sale             // under the same key, whose outcome is unknown
	owners   map[string]string // of the numbers, when the call began
	begun    time.Time
	ends     time.Time // its context, zero if it does not
	ended    time.Time
	got      api.PhoneNumber
	err      error
	requests int

	posts    map[string]int
	order    []string             // of the numbers
	sent     map[string]time.Time // the first request for the number
	perhaps  map[string]bool      // a request for the number was, or will be, carried out
	open     bool                 // an answer to a purchase has left open whether it was carried out
	looked   bool                 // at a list
	seen     map[string]bool      // in a list that has reached the client
	notUntil time.Time            // as the server has asked
	exact    bool                 // the last answer to a purchase goes for all its requests
	honored  bool                 // the keys, as far as the client knew in the end
	misled   bool                 // by a node that honors keys, before any answer has shown that others do not
}

type saleKey struct{}

// dice are random, and the same for the same seeds.
type dice struct{ *rand.Rand }

func newDice(a, b uint64) dice { return dice{rand.New(rand.NewPCG(a, b))} } //nolint:gosec // it must be the same again

func (d dice) chance(p float64) bool { return d.Float64() < p }
func (d dice) within(most time.Duration) time.Duration {
	return time.Duration(d.Int64N(int64(most))) + 1
}

func oneOf[T any](d dice, some ...T) T { return some[d.IntN(len(some))] }

func newWorld(t *testing.T, seed uint64, talks bool) *world {
	t.Helper()
	d := newDice(seed, 0)
	w := &world{
		t: t, seed: seed, talks: talks, start: time.Now(),
		faults: oneOf(d, 0.1, 0.3, 0.4, 0.5, 0.7),
		ttl:    time.Duration(oneOf(d, 0, 20, 65, 70, 90, 150, 86400, 86400)) * time.Second,
		lag:    oneOf(d, 0, 0, 2*time.Second, 20*time.Second),
		owner:  map[string]string{}, since: map[string]time.Time{}, seller: map[string]*sale{}, claims: map[string]*claim{},
	}
	w.retries = d.IntN(5)
	keys, codes := oneOf(d, 0, 1, 1, 0.5), d.chance(0.7)
	for range 1 + d.IntN(3) {
		n := node{keys: d.chance(keys), filters: d.IntN(3), page: oneOf(d, 1, 2, 100)}
		n.codes = n.keys || codes
		w.nodes = append(w.nodes, n)
	}
	for i := range 10 {
		w.owner[fmt.Sprintf("+1415555%04d", i)] = oneOf(d, "us", "others", "", "", "", "", "")
	}
	c, err := client.New(client.WithBaseURL("http://localhost/api"), client.WithAPIKey(testKey), client.WithRetries(w.retries),
		client.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}}}),
		client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			w.dials = next
			return roundTripper(w.send)
		}))
	if err != nil {
		t.Fatal(err)
	}
	w.c = c.WithoutJitter(d.Float64())
	return w
}

// run makes the calls, and what others do meanwhile.
func (w *world) run() {
	d := newDice(w.seed, 1)
	if d.chance(0.3) { // from then on keys are kept less long
		lower := oneOf(d, 0, 20*time.Second, 70*time.Second)
		time.AfterFunc(d.within(2*time.Minute), func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.ttl = min(w.ttl, lower)
			w.tell("the TTL is %v", w.ttl)
			for _, c := range w.claims {
				c.ttl = min(c.ttl, w.ttl)
			}
		})
	}
	other := newDice(w.seed, 2)
	time.AfterFunc(other.within(time.Minute), func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if n := w.anyNumber(other); w.owner[n] == "" {
			w.owner[n] = "others"
			w.tell("others buy %s", n)
		}
	})
	for range oneOf(d, 0, 3) { // other calls of the client can learn that keys are honored, or are not
		time.AfterFunc(d.within(time.Minute), func() { _, _ = w.c.List(w.t.Context(), api.ListPhoneNumbersParams{}) })
	}
	if d.chance(0.5) {
		_, _ = w.c.List(w.t.Context(), api.ListPhoneNumbersParams{})
	}
	s := &sale{way: oneOf(d, "Buy", "Purchase", "import", "BuyAny"), number: w.anyNumber(d)}
	if s.way == "BuyAny" {
		s.number = ""
	}
	var key string
	for range 3 {
		w.call(d, s, key)
		var failure *client.Error
		if s.way == "BuyAny" || !errors.Is(s.err, client.ErrOutcomeUnknown) || !errors.As(s.err, &failure) || d.chance(0.2) {
			return
		}
		time.Sleep(d.within(oneOf(d, time.Second, 20*time.Second, 2*time.Minute)))
		s, key = &sale{way: s.way, number: s.number, before: s}, failure.IdempotencyKey
	}
}

func (w *world) anyNumber(d dice) string { return oneOf(d, slices.Sorted(maps.Keys(w.owner))...) }

// call makes the call of a sale, with a context that may end at any time.
func (w *world) call(d dice, s *sale, key string) {
	s.posts, s.sent, s.perhaps, s.seen = map[string]int{}, map[string]time.Time{}, map[string]bool{}, map[string]bool{}
	s.begun = time.Now()
	ctx, cancel := context.WithCancel(context.WithValue(w.t.Context(), saleKey{}, s))
	defer cancel()
	switch after := d.within(oneOf(d, time.Second, 2*time.Minute)); d.IntN(5) {
	case 0:
		s.ends = s.begun.Add(after)
		time.AfterFunc(after, cancel)
	case 1:
		s.ends = s.begun.Add(after)
		ctx, cancel = context.WithDeadline(ctx, s.ends)
		defer cancel()
	}
	w.mu.Lock()
	w.sales = append(w.sales, s)
	s.owners = maps.Clone(w.owner)
	w.tell("%s %s under %q, %d retries, until %v", s.way, s.number, key, w.retries, s.ends.Sub(w.start))
	w.mu.Unlock()
	var opts []client.CallOption
	if key != "" {
		opts = append(opts, client.WithIdempotencyKey(key))
	}
	switch s.way {
	case "Buy":
		s.got, s.err = w.c.Buy(ctx, s.number, opts...)
	case "Purchase":
		s.got, s.err = w.c.Purchase(ctx, s.number, opts...)
	case "import":
		s.got, s.err = w.c.Create(ctx, api.SIPImport(api.SIPImportDetails{PhoneNumber: s.number}), opts...)
	case "BuyAny":
		s.got, s.err = w.c.BuyAny(ctx, api.PhoneNumberSearchInput{Prefix: "415"}, opts...)
	}
	s.ended = time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	s.honored = time.Since(s.begun)+time.Minute < w.noted
	w.tell("returns %q, %v", s.got.Number, s.err)
}

func (w *world) tell(format string, args ...any) {
	if w.talks {
		w.t.Logf("%9.3fs  %s", time.Since(w.start).Seconds(), fmt.Sprintf(format, args...))
	}
}

// judge compares what a call has said with what has come of it. It returns that in a few words.
func (w *world) judge(s *sale) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	wrong := func(format string, args ...any) {
		w.t.Errorf("seed %d, %s %s: %s (%q, %v)", w.seed, s.way, s.number, fmt.Sprintf(format, args...), s.got.Number, s.err)
	}
	var bought []string
	for n, by := range w.seller {
		if by == s && !s.misled { // no client can know what a node has done of which it has no answer
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
	// Each request is sent once and w.retries times again. Of a number that a search finds, these are one to buy it, at most. Of the
	// number at which it ends, they are one for each round of the look-up, with a filter and without, and one for each page of the last.
	each, tried := w.retries+1, len(s.posts)
	if most := each * (tried + tried + 2 + 2*each + len(w.owner) + 1); s.requests > most {
		wrong("it has sent %d requests for %d numbers; want %d at most", s.requests, tried, most)
	}
	if !s.ends.IsZero() && s.ended.After(s.ends) {
		wrong("it returned %v after its context had ended; want 0s", s.ended.Sub(s.ends))
	}
	most := time.Duration(s.requests)*(30*time.Second+time.Minute) + time.Minute // an attempt and a wait for each, and one before the look-up
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
			// Without keys nobody can say whether we had the number before or have bought it now. See Client.Buy.
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
	sent := 0 // what was sent for the number at which it ended
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
		// What a node that honors keys says of a purchase goes for the calls before, under the same key, as well.
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

// send is the network: it takes a request to a node and the answer back, or loses it, or answers instead of the node.
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

// request is what of a request matters.
type request struct {
	number uint64
	sale   *sale // nil for the calls of others
	what   string
	buys   string // this number
	query  map[string][]string
	key    string
	by     time.Time // if it arrives then, the key stands
	passed bool      // it has got to a node, or will
	said   bool      // by the node that it was not carried out
	exact  bool      // so that the client can rely on it, if all nodes honor keys
}

// note notes a request, and checks that it may be sent.
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
			w.t.Errorf("seed %d: request %d is to buy %s once more, with a key that stands for %v", w.seed, q.number, q.buys, w.noted)
		}
	}
	return q
}

// learn notes what the client gets of an answer.
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
	w.tell("%d: %d, %v, keys stand for %v", q.number, status, err, w.noted)
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

// carry carries a request, as d has it; far is for the node.
func (w *world) carry(d, far dice, q *request, r *http.Request) (*http.Response, error) {
	answers := make(chan answered, 2) // a node may send a second one, which nobody gets
	arriveIn := func(travel time.Duration) {
		if q.passed = true; travel > time.Minute {
			q.by = time.Time{} // no client can know that
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
		case 2, 3: // a proxy does not let it pass
			return w.byProxy(d, oneOf(d, 429, 429, 429, 429, 421, 425, 301, 302, 307, 308, 405, 413, 415, 409, 401, 403, 404, 400, 422)), nil
		}
		if d.chance(0.7) { // nobody can know whether it has passed
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

// answered is what a node has answered.
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

// byProxy is an answer that no node has given.
func (w *world) byProxy(d dice, status int) *http.Response {
	header := http.Header{"X-Request-Id": {testKey}}
	if status >= 300 && status < 400 {
		header.Set("Location", "http://elsewhere.example/?key="+testKey)
	}
	if w.nodes[0].keys && d.chance(0.2) { // which the proxy adds to all that comes from it
		header.Set("Idempotency-Key-TTL", strconv.Itoa(int(w.ttl.Seconds())))
	}
	w.mayAskToWait(d, header)
	return reply(status, header, oneOf(d, "", oops, `{"message":"not now, `+testKey+`"}`, `{"code":"busy"}`))
}

func (w *world) mayAskToWait(d dice, header http.Header) {
	after := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	header.Set("Retry-After", oneOf(d, "", "", "", "0", "2", "1.5", "20", "120", "99999999999999999999", "-1", "soon", after(7*time.Second), after(-time.Hour), after(9000*time.Hour)))
}

// rubbish is a 200 that is for another user, or none of the API at all.
func (w *world) rubbish(d dice) *http.Response {
	header := http.Header{}
	if w.nodes[0].keys && d.chance(0.5) {
		header["Idempotency-Key-Ttl"] = oneOf(d, []string{"-1"}, []string{"86400"}, []string{"soon"}, []string{"86400", "86400"})
	}
	return reply(oneOf(d, 200, 200, 201), header, oneOf(d, "", oops, "null", "{}", "[]", `{"message":"`+testKey+`"}`,
		like(`{"number":"+13105550000"}`), pageOf(""), pageOf("2", like(`{"number":"+13105550000"}`)), `[{"number":"+13105550000"}]`))
}

// serve is what a node makes of a request. It may answer late, or never.
func (w *world) serve(d dice, q *request, answer func(answered)) {
	n := oneOf(d, w.nodes...)
	say := func(status int, body string) {
		header := http.Header{}
		if n.keys {
			header.Set("Idempotency-Key-TTL", strconv.Itoa(int(w.ttl.Seconds())))
		}
		if status >= 400 {
			q.said = status < 500
			w.mayAskToWait(d, header)
		}
		w.tell("%d: node %+v says %d %.60s", q.number, n, status, body)
		answer(answered{status, header, body})
	}
	problem := func(status int, code api.ProblemCode) {
		body := map[string]any{"message": "no, " + testKey}
		if n.codes {
			body["code"] = code
		}
		say(status, encode(body))
	}
	switch {
	case d.chance(w.faults / 6):
		problem(oneOf(d, 429, 401, 500, 503), "")
	case q.what == "GET /phone_numbers":
		w.list(n, q, say)
	case strings.HasSuffix(q.what, "/search"):
		var found []string
		for _, number := range slices.Sorted(maps.Keys(w.owner)) {
			if w.owner[number] == "" || d.chance(0.2) {
				found = append(found, fmt.Sprintf(`{"number":%q}`, number))
			}
		}
		say(200, "["+strings.Join(found[:min(len(found), 3)], ",")+"]")
	default:
		w.buy(d, n, q, say, problem)
	}
}

// list answers with a page of our numbers, but for the newest.
func (w *world) list(n node, q *request, say func(int, string)) {
	wanted := ""
	if filter := q.query["number"]; len(filter) > 0 {
		wanted = filter[0]
	}
	if wanted != "" && n.filters == 2 {
		say(400, `{"message":"number is no parameter"}`)
		return
	}
	var ours []string
	for _, number := range slices.Sorted(maps.Keys(w.owner)) {
		if w.owner[number] == "us" && time.Since(w.since[number]) >= w.lag && (wanted == "" || n.filters == 1 || number == wanted) {
			ours = append(ours, like(fmt.Sprintf(`{"id":"of %s","number":%q}`, number, number)))
		}
	}
	from := 0
	if cursor := q.query["cursor"]; len(cursor) > 0 {
		from, _ = strconv.Atoi(cursor[0])
	}
	from = min(from, len(ours))
	to, next := min(from+n.page, len(ours)), ""
	if to < len(ours) {
		next = strconv.Itoa(to)
	}
	say(200, pageOf(next, ours[from:to]...))
}

// buy carries a purchase out at once, later or never.
func (w *world) buy(d dice, n node, q *request, say func(int, string), problem func(int, api.ProblemCode)) {
	if !q.by.IsZero() && !time.Now().Before(q.by) {
		w.t.Errorf("seed %d: request %d to buy %s once more arrives after its key may be forgotten", w.seed, q.number, q.buys)
	}
	mine := &claim{number: q.buys, made: time.Now(), ttl: w.ttl}
	if n.keys {
		c := w.claims[q.key]
		switch {
		case c == nil, time.Since(c.made) >= c.ttl, !c.bought && time.Since(c.made) >= 30*time.Second:
			w.claims[q.key] = mine
		case c.number != q.buys:
			problem(422, api.CodeIdempotencyKeyReused)
			return
		case !c.bought:
			problem(409, api.CodeIdempotencyInProgress)
			return
		default:
			say(200, like(fmt.Sprintf(`{"number":%q}`, q.buys)))
			return
		}
	}
	do := func() {
		switch {
		case n.keys && w.claims[q.key] != mine: // another node has taken it over
			problem(500, "")
		case w.owner[q.buys] != "":
			if n.keys {
				delete(w.claims, q.key)
			}
			problem(oneOf(d, 422, 422, 422, oneOf(d, 400, 404, 409, 422)), api.CodeNumberUnavailable)
		default:
			w.owner[q.buys], w.since[q.buys], w.seller[q.buys], mine.bought = "us", time.Now(), q.sale, true
			w.tell("%d: %s is bought", q.number, q.buys)
			say(oneOf(d, 200, 200, 201), like(fmt.Sprintf(`{"number":%q}`, q.buys)))
		}
	}
	later := func(d time.Duration) {
		time.AfterFunc(d, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			do()
		})
	}
	if !d.chance(w.faults) {
		do()
		return
	}
	switch d.IntN(6) {
	case 0: // it crashes
		say(oneOf(d, 500, 503, 202), like(fmt.Sprintf(`{"number":%q}`, q.buys)))
	case 1: // it crashes harder
	case 2, 3:
		later(d.within(time.Minute))
	case 4:
		say(oneOf(d, 202, 303, 500, 503), "")
		later(d.within(time.Minute))
	default:
		do()
	}
}
