package rest_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/bench/contestant"
	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/memory"
	"github.com/vogent-community/phonenumbers/internal/bench/process"
)

// BenchmarkHandler measures the server above a store in memory, beside a handler that is written by hand. internal/bench does
// the same, but here the usual flags make profiles. It reports the CPU time and the allocations of a request, and the ratio of
// the CPU times. The two take turns, so that a busy machine slows both.
func BenchmarkHandler(b *testing.B) {
	const turn = 200 // requests
	contestants := []string{contestant.Ours, contestant.ByHand}
	for _, request := range []struct{ name, method, path, body string }{
		{"GET", http.MethodGet, "/api/phone_numbers/" + data.ID(7), ""},
		{"PUT", http.MethodPut, "/api/phone_numbers/" + data.ID(7), `{"agentId": "0198f3c2-8d51-7c54-9a51-6a2f8a1c9b11"}`},
		{"LIST", http.MethodGet, "/api/phone_numbers?limit=100", ""},
	} {
		b.Run(request.name, func(b *testing.B) {
			sent, spent, allocations := map[string]func(){}, map[string]time.Duration{}, map[string]float64{}
			for _, who := range contestants {
				handler, err := contestant.Handler(who, memory.New(data.Set{Numbers: 1000, Workspaces: 1, Keys: 1}))
				if err != nil {
					b.Fatal(err)
				}
				sent[who] = sender(b, handler, request.method, request.path, request.body)
				allocations[who] = testing.AllocsPerRun(turn, sent[who])
			}
			for i := 0; b.Loop(); i++ {
				who := contestants[i%2]
				start := process.CPUTime(os.Getpid())
				for range turn {
					sent[who]()
				}
				spent[who] += process.CPUTime(os.Getpid()) - start
			}
			b.ReportMetric(0, "ns/op") // this would be the time of a turn
			for _, who := range contestants {
				unit := strings.ReplaceAll(who, " ", "-")
				b.ReportMetric(float64(spent[who])/float64(b.N*turn/2), unit+"-cpu-ns")
				b.ReportMetric(allocations[who], unit+"-allocs")
			}
			b.ReportMetric(float64(spent[contestant.Ours])/float64(spent[contestant.ByHand]), "x")
		})
	}
}

// sink is a response that nobody reads.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

// sender returns a function that sends a request to a handler. It allocates nothing itself.
func sender(b *testing.B, handler http.Handler, method, path, body string) func() {
	b.Helper()
	original, err := http.NewRequestWithContext(b.Context(), method, path, nil)
	if err != nil {
		b.Fatal(err)
	}
	original.Header = http.Header{"Authorization": {"Bearer " + data.Secret(0)}, "Content-Type": {"application/json"}}
	text := strings.NewReader(body)
	closer := io.NopCloser(text)
	w, r := &sink{header: http.Header{}}, new(http.Request)
	return func() {
		clear(w.header)
		text.Reset(body)
		*r = *original
		r.Body, w.status = closer, http.StatusOK
		handler.ServeHTTP(w, r)
		if w.status != http.StatusOK {
			b.Fatalf("%s %s: the status is %d; want 200", method, path, w.status)
		}
	}
}
