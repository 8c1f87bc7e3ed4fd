package load_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/load"
)

func job(t *testing.T, handler http.HandlerFunc, shares ...load.Share) load.Job {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return load.Job{Address: s.Listener.Addr().String(), Set: data.Set{Numbers: 10, Workspaces: 1, Keys: 1}, Shares: shares, Requests: 20, Run: 3}
}

// SQLite skips a write that changes nothing.
func TestEachWriteHasAValueOfItsOwn(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	bodies := map[string]int{}
	j := job(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if bodies[string(body)]++; r.Method != http.MethodPut {
			w.WriteHeader(http.StatusBadRequest)
		}
	}, load.Share{Operation: "put", Connections: 5})
	results, err := load.Do(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if len(bodies) != 100 || results[0].Requests != 100 {
		t.Errorf("there were %d bodies in %d requests; want 100 of both", len(bodies), results[0].Requests)
	}
}

// The next response on a connection shows that each one was read to its end.
func TestResponsesOfEachFormAreReadWhole(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"no body":        func(http.ResponseWriter, *http.Request) {},
		"content length": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "short") },
		"chunks": func(w http.ResponseWriter, _ *http.Request) {
			for range 3 {
				_, _ = io.WriteString(w, strings.Repeat("long", 5000))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, err := load.Do(t.Context(), job(t, handler, load.Share{Operation: "get", Connections: 2}, load.Share{Operation: "list", Connections: 1}))
			if err != nil {
				t.Fatal(err)
			}
			if results[0].All != 40 || results[1].All != 20 {
				t.Errorf("the shares sent %d and %d requests; want 40 and 20", results[0].All, results[1].All)
			}
		})
	}
}

func TestAResponseThatIsNotA200IsAnError(t *testing.T) {
	t.Parallel()
	j := job(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "nothing here", http.StatusNotFound) }, load.Share{Operation: "search", Connections: 2})
	if _, err := load.Do(t.Context(), j); err == nil || !strings.Contains(err.Error(), "404") || !strings.Contains(err.Error(), "search") {
		t.Errorf("the error is %v; want one about a 404 of search", err)
	}
}
