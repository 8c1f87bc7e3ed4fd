package contestant

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/memory"
	"github.com/vogent-community/phonenumbers/internal/bench/process"
)

// Calls are the calls that MeasureHandlers measures.
var Calls = []struct{ Name, method, path, body string }{
	{"GET", http.MethodGet, "/api/phone_numbers/" + data.ID(7), ""},
	{"PUT", http.MethodPut, "/api/phone_numbers/" + data.ID(7), `{"agentId":"agent_new"}`},
	{"LIST of 100", http.MethodGet, "/api/phone_numbers?limit=100", ""},
}

// Cost is what one call of a handler costs on average.
type Cost struct {
	CPU         float64 // microseconds, of the whole process: it includes the garbage collector
	Allocations float64
}

// MeasureHandlers writes the costs by call and contestant. Its arguments are the number of rounds, and of calls in each.
func MeasureHandlers(_ context.Context, args []string, _ io.Reader, stdout io.Writer) error {
	if len(args) != 2 {
		return errors.New("usage: handler ROUNDS CALLS")
	}
	rounds, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	calls, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	costs := map[string]map[string][]Cost{}
	for _, c := range Calls {
		costs[c.Name] = map[string][]Cost{}
		for range rounds {
			for _, who := range []string{Ours, ByHand} {
				handler, err := Handler(who, memory.New(data.Set{Numbers: 1000, Workspaces: 1, Keys: 1}))
				if err != nil {
					return err
				}
				r, err := newRepeater(c.method, c.path, c.body)
				if err != nil {
					return err
				}
				if err := r.call(handler, calls/10+1); err != nil { // a warm-up
					return err
				}
				cost, err := r.cost(handler, calls)
				if err != nil {
					return err
				}
				costs[c.Name][who] = append(costs[c.Name][who], cost)
			}
		}
	}
	return json.NewEncoder(stdout).Encode(costs)
}

// repeater calls a handler with the same request, and allocates nothing itself.
type repeater struct {
	request *http.Request
	body    *bytes.Reader
	text    []byte
	writer  writer
}

func newRepeater(method, path, body string) (*repeater, error) {
	r := &repeater{body: bytes.NewReader(nil), text: []byte(body), writer: writer{header: http.Header{}}}
	target, err := url.ParseRequestURI(path)
	if err != nil {
		return nil, err
	}
	r.request = &http.Request{Method: method, URL: target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "bench", RemoteAddr: "127.0.0.1:1", RequestURI: path}
	r.request.Header = http.Header{"Authorization": {"Bearer " + data.Secret(0)}}
	r.request.ContentLength = int64(len(body))
	r.request.Body = http.NoBody
	if body != "" {
		r.request.Header["Content-Type"] = []string{"application/json"}
		r.request.Body = io.NopCloser(r.body)
	}
	return r, nil
}

func (r *repeater) call(handler http.Handler, calls int) error {
	for range calls {
		r.body.Reset(r.text)
		clear(r.writer.header)
		r.writer.status, r.writer.bytes = http.StatusOK, 0
		handler.ServeHTTP(&r.writer, r.request)
		if r.writer.status != http.StatusOK || r.writer.bytes == 0 {
			return fmt.Errorf("%s %s: status %d", r.request.Method, r.request.RequestURI, r.writer.status)
		}
	}
	return nil
}

func (r *repeater) cost(handler http.Handler, calls int) (c Cost, err error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := process.CPUTime(os.Getpid())
	if err := r.call(handler, calls); err != nil {
		return c, err
	}
	c.CPU = float64(process.CPUTime(os.Getpid())-start) / float64(time.Microsecond) / float64(calls)
	runtime.ReadMemStats(&after)
	c.Allocations = float64(after.Mallocs-before.Mallocs) / float64(calls)
	return c, nil
}

// writer is a minimal http.ResponseWriter.
type writer struct {
	header http.Header
	status int
	bytes  int
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) { w.status = status }

func (w *writer) Write(b []byte) (int, error) {
	w.bytes += len(b)
	return len(b), nil
}
