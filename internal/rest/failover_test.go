package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client/raw"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/rest"
)

// writer changes numbers through a server that loses its database, and records the writes that the server acknowledged.
type writer struct {
	id     int
	url    string // of the list of numbers
	apiKey string

	number  string            // the id of the number that it links repeatedly
	linked  int               // the last link that was acknowledged
	trying  int               // the last link that was requested
	created map[string]string // the acknowledged numbers, by id
	told    chan struct{}     // shared by all writers: tells waitForLoad of each number that a writer created
}

func (w *writer) agent(n int) string { return fmt.Sprintf("writer-%d-%06d", w.id, n) }

// call sends a request, and reports whether it was carried out. If not, the response must be a 503 that says when to retry.
func (w *writer) call(ctx context.Context, method, url, body string, answer any) (done bool, err error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return false, err
	}
	r.Header.Set("Authorization", "Bearer "+w.apiKey)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return false, err
	}
	defer response.Body.Close() //nolint:errcheck // it is only read
	text, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return false, err
	case response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != "":
		return false, nil
	case response.StatusCode != http.StatusOK:
		return false, fmt.Errorf("%s %s: %d %s", method, url, response.StatusCode, text)
	}
	return true, json.Unmarshal(text, answer)
}

// write links the writer's number and creates another one, in turn, until stop is closed.
func (w *writer) write(ctx context.Context, stop <-chan struct{}, round int) error {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return nil
		default:
		}
		var n api.PhoneNumber
		w.trying++
		done, err := w.call(ctx, http.MethodPut, w.url+"/"+w.number, `{"agentId":"`+w.agent(w.trying)+`"}`, &n)
		if err != nil {
			return err
		}
		if done {
			w.linked = w.trying
		}
		body := fmt.Sprintf(`{"type":"vogent_sip","vogentSip":{"sipPrefix":"w-%d-%d-%d","username":"caller","password":"password"}}`, round, w.id, i)
		if done, err = w.call(ctx, http.MethodPost, w.url, body, &n); err != nil {
			return err
		}
		if done {
			w.created[n.ID] = n.Number
			select {
			case w.told <- struct{}{}:
			default: // nothing waits for it
			}
		} else {
			time.Sleep(10 * time.Millisecond) // like a client that waits before it retries, but for less than a second
		}
	}
}

// waitForLoad waits until the writers have created this many more numbers.
func (w *writer) waitForLoad(t *testing.T, writes int) {
	t.Helper()
	limit := time.After(time.Minute)
	for range writes {
		select {
		case <-w.told:
		case <-limit:
			t.Fatal("the writers do not write")
		}
	}
}

// lost compares what the server has with what it acknowledged, and returns the differences.
func (w *writer) lost(t *testing.T, now map[string]api.PhoneNumber) (lost []string) {
	t.Helper()
	var linked int
	if agent := now[w.number].AgentID; agent != nil {
		if _, err := fmt.Sscanf((*agent)[strings.LastIndex(*agent, "-")+1:], "%d", &linked); err != nil {
			t.Fatal(err)
		}
	}
	if linked < w.linked || linked > w.trying {
		lost = append(lost, fmt.Sprintf("writer %d has link %d; acknowledged was %d, tried %d", w.id, linked, w.linked, w.trying))
	}
	for id, number := range w.created {
		if now[id].Number != number {
			lost = append(lost, fmt.Sprintf("writer %d: %s is gone", w.id, number))
		}
	}
	return lost
}

// promote makes the standby the primary, and returns how long after that the server accepted writes again.
func (w *writer) promote(t *testing.T, pair *dbtest.Failover) time.Duration {
	t.Helper()
	probe := func() bool {
		var n api.PhoneNumber
		done, err := w.call(t.Context(), http.MethodPut, w.url+"/"+w.number, `{"agentId":"probe"}`, &n)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	if probe() {
		t.Fatal("a write was done without a primary")
	}
	pair.Promote(t)
	promoted := time.Now()
	for !probe() {
		if time.Since(promoted) > time.Minute {
			t.Fatal("the server does not find the new primary")
		}
	}
	return time.Since(promoted)
}

// failOver cuts off the standby while the writers write, kills the primary a moment later, and promotes the standby. It returns
// the acknowledged writes that were lost, and how long after the promotion the server accepted writes again.
func failOver(t *testing.T, pair *dbtest.Failover, c *raw.ClientWithResponses, writers []*writer, prober *writer, round int) (lost []string, found time.Duration) {
	t.Helper()
	stop, failed := make(chan struct{}), make(chan error, len(writers))
	var running sync.WaitGroup
	for _, w := range writers {
		running.Go(func() {
			if err := w.write(t.Context(), stop, round); err != nil {
				failed <- err
			}
		})
	}
	prober.waitForLoad(t, 200)
	pair.Cut(t)
	time.Sleep(200 * time.Millisecond) // writes acknowledged now are on the primary only; if the pair is synchronous, there are none
	pair.Kill(t)
	found = prober.promote(t, pair)
	prober.waitForLoad(t, 100)
	close(stop)
	running.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	now := map[string]api.PhoneNumber{}
	for _, n := range everyNumber(t, c, api.ListPhoneNumbersParams{}) {
		now[n.ID] = n
	}
	for _, w := range writers {
		lost = append(lost, w.lost(t, now)...)
	}
	return lost, found
}

func newWriters(t *testing.T, s *testServer, count int) []*writer {
	t.Helper()
	c, apiKey := s.client(t, "w"), s.key(t, "w")
	writers, told := make([]*writer, count), make(chan struct{})
	for i := range writers {
		n := create(t, c, sipImport(fmt.Sprintf("+1500555%04d", i)))
		writers[i] = &writer{id: i, url: s.createURL(), apiKey: apiKey, number: n.ID, created: map[string]string{}, told: told}
	}
	return writers
}

// failOverAgain does rounds of failOver with one server, which is never restarted, until something is lost.
func failOverAgain(t *testing.T, synchronous bool) (lost []string, found []time.Duration) {
	t.Helper()
	pair := dbtest.NewFailover(t, synchronous)
	s := newServerOn(t, pair.URL(), func(*rest.Services) {})
	writers := newWriters(t, s, 17)
	c := s.client(t, "w")
	const rounds = 5
	for round := range rounds {
		gone, after := failOver(t, pair, c, writers[1:], writers[0], round)
		acknowledged := 0
		for _, w := range writers {
			acknowledged += w.linked + len(w.created)
		}
		t.Logf("round %d: of %d acknowledged writes %d are lost; writes again %v after the promotion", round, acknowledged, len(gone), after)
		found = append(found, after)
		if lost = append(lost, gone...); len(lost) > 0 || t.Failed() {
			break
		}
		if round < rounds-1 {
			pair.Rejoin(t)
		}
	}
	return lost, found
}
