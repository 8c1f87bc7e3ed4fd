package client_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// This test makes purchases in random courses of events. A world has numbers, servers behind a load balancer, and a network. A
// seed decides what each of them does. The world knows what was bought, so it knows whether the client reports the truth.
//
// COURSES=1-100000 runs those seeds. COURSES=17-17 runs one seed and logs what happens.
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
			time.Sleep(time.Hour) // until everything that is under way has ended
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

// world is everything around a client.
type world struct {
	t     *testing.T
	seed  uint64
	talks bool
	start time.Time
	c     *client.Client
	dials http.RoundTripper // never gets a connection

	mu       sync.Mutex
	requests uint64
	sales    []*sale

	faults  float64 // how often something goes wrong
	nodes   []node
	ttl     time.Duration // how long the nodes that honor keys keep a key
	lag     time.Duration // how long it takes until a new number is in the lists
	retries int
	noted   time.Duration // the TTL in the last good response
	keyless bool          // a good response had no TTL

	owner  map[string]string // of each number: us, others, or "" if it is for sale
	since  map[string]time.Time
	seller map[string]*sale // of each number of ours: the call that bought it
	claims map[string]*claim
}

// node is a server behind the load balancer.
type node struct {
	keys    bool // it honors idempotency keys
	codes   bool // its problems have codes
	filters int  // 0: it filters, 1: it ignores the filter, 2: it refuses the filter
	page    int
}

// claim is what the nodes that honor keys store about a key.
type claim struct {
	number string
	made   time.Time
	ttl    time.Duration
	bought bool // until then it is in progress, for up to 30 s
}

// sale is a call that buys a number, and what has happened so far.
type sale struct {
	way      string
	number   string            // the number to buy; empty for BuyAny
	before   *sale             // the call before, with the same key, whose outcome is unknown
	owners   map[string]string // of the numbers, when the call began
	begun    time.Time
	ends     time.Time // when its context ends; zero if it does not end
	ended    time.Time
	got      api.PhoneNumber
	err      error
	requests int

	posts    map[string]int
	order    []string             // the numbers, in the order of the first requests to buy them
	sent     map[string]time.Time // when the first request to buy the number was sent
	perhaps  map[string]bool      // a request to buy the number may have been, or may still be, carried out
	open     bool                 // a request to buy ended without showing whether it was carried out
	looked   bool                 // it has requested a list
	seen     map[string]bool      // the number was in a list that reached the client
	notUntil time.Time            // the server asked the client not to send anything before this time
	exact    bool                 // the last response to a purchase holds for all its requests
	honored  bool                 // keys are honored, as far as the client knew in the end
	misled   bool                 // a node that honors keys misled it, before any response showed that other nodes do not
}

type saleKey struct{}

// dice make random choices, which are the same for the same seeds.
type dice struct{ *rand.Rand }

func newDice(a, b uint64) dice { return dice{rand.New(rand.NewPCG(a, b))} } //nolint:gosec // it must be repeatable

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

func (w *world) tell(format string, args ...any) {
	if w.talks {
		w.t.Logf("%9.3fs  %s", time.Since(w.start).Seconds(), fmt.Sprintf(format, args...))
	}
}
