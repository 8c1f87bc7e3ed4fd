package rest_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/serve"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// sink is a response that nobody reads.
type sink struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return s.body.Write(p) }
func (s *sink) WriteHeader(status int)      { s.status = status }

// bothHandlers returns the server and the handler that is written by hand, by name, on the same numbers in memory. Their log is
// in JSON, as that of a server in a container.
func bothHandlers(key string) (map[string]http.Handler, error) {
	services := rest.Services{
		Phone:      &phone.Service{Store: newMemory(1000), Now: time.Now, NewID: serve.NewID},
		Workspaces: &workspace.Service{Store: newKeyring(key), Now: time.Now, NewID: serve.NewID},
		Log:        slog.New(slog.NewJSONHandler(io.Discard, nil)), //nolint:sloglint // it must encode each line
		Now:        time.Now,
	}
	server, err := rest.New(services)
	return map[string]http.Handler{"server": server, "byhand": newByHand(services)}, err
}

// oneOf is a request that the benchmark sends again and again.
type oneOf struct{ name, method, path, body string }

var benchRequests = []oneOf{
	{"GET", http.MethodGet, "/api/phone_numbers/" + twinID(500), ""},
	{"PUT", http.MethodPut, "/api/phone_numbers/" + twinID(500), `{"agentId": "0198f3c2-8d51-7c54-9a51-6a2f8a1c9b11"}`},
	{"LIST", http.MethodGet, "/api/phone_numbers?limit=100", ""},
}

// sender returns a function that sends the request to a handler and returns the response. It allocates nothing itself.
func (o oneOf) sender(tb testing.TB, h http.Handler, key string) func() *sink {
	tb.Helper()
	original, err := http.NewRequestWithContext(tb.Context(), o.method, o.path, nil)
	if err != nil {
		tb.Fatal(err)
	}
	original.Header = http.Header{"Authorization": {"Bearer " + key}, "Accept": {"*/*"}, "User-Agent": {"bench"}, "Accept-Encoding": {"gzip"}}
	if o.body != "" {
		original.Header.Set("Content-Type", "application/json")
	}
	text := strings.NewReader(o.body)
	body := io.NopCloser(text)
	w, r := &sink{header: http.Header{}}, new(http.Request)
	return func() *sink {
		clear(w.header)
		w.body.Reset()
		text.Reset(o.body)
		*r = *original
		r.Body = body
		h.ServeHTTP(w, r)
		return w
	}
}

// BenchmarkHandler measures what the server does above the store, beside a handler that is written by hand. It reports the CPU
// time and the allocations of a request, and the ratio of the CPU times. The two take turns, so that a busy machine slows both.
func BenchmarkHandler(b *testing.B) {
	const turn = 200 // requests
	key := workspace.NewKey()
	handlers, err := bothHandlers(key)
	if err != nil {
		b.Fatal(err)
	}
	for _, request := range benchRequests {
		b.Run(request.name, func(b *testing.B) {
			spent, allocations := map[string]time.Duration{}, map[string]float64{}
			send := map[string]func() *sink{}
			for name, handler := range handlers {
				send[name] = request.sender(b, handler, key)
				allocations[name] = testing.AllocsPerRun(turn, func() { send[name]() })
			}
			for i := 0; b.Loop(); i++ {
				name := []string{"server", "byhand"}[i%2]
				start := cpuTime(b)
				for range turn {
					if w := send[name](); w.status != http.StatusOK {
						b.Fatalf("the response is %d %s; want 200", w.status, w.body.Bytes())
					}
				}
				spent[name] += cpuTime(b) - start
			}
			b.ReportMetric(0, "ns/op") // this would be the time of a turn
			for name := range send {
				b.ReportMetric(float64(spent[name])/float64(b.N*turn/2), name+"-cpu-ns")
				b.ReportMetric(allocations[name], name+"-allocs")
			}
			b.ReportMetric(float64(spent["server"])/float64(spent["byhand"]), "x")
		})
	}
}

// cpuTime returns how much CPU time the process has used.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// TestTheHandlersOfTheBenchmarkDoTheSame checks that the benchmark compares what can be compared.
func TestTheHandlersOfTheBenchmarkDoTheSame(t *testing.T) {
	t.Parallel()
	key := workspace.NewKey()
	handlers, err := bothHandlers(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range benchRequests {
		got, want := request.sender(t, handlers["server"], key)(), request.sender(t, handlers["byhand"], key)()
		if got.status != want.status || got.body.String() != want.body.String() {
			t.Errorf("%s: the server sends %d %s, and the other handler %d %s; want the same", request.name, got.status, got.body.Bytes(), want.status, want.body.Bytes())
		}
		for name := range want.header {
			if got.header.Get(name) == "" {
				t.Errorf("%s: the server sends no %s; want one", request.name, name)
			}
		}
	}
}
