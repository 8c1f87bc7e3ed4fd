package main

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
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/memory"
)

// handlers compares the handlers alone, with their log, in a process with nothing else.
func (b *runner) handlers(ctx context.Context) error {
	fmt.Fprintln(b.progress, "handlers alone")
	calls := b.options.requests
	if calls == 0 {
		calls = int(b.options.length / (100 * time.Microsecond))
	}
	line := b.pin(b.serverCPUs, b.self, "handler", strconv.Itoa(b.options.rounds), strconv.Itoa(calls))
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Stderr = b.progress
	output, err := command.Output()
	if err != nil {
		return err
	}
	var costs map[string]map[string][]cost
	if err := json.Unmarshal(output, &costs); err != nil {
		return err
	}
	for _, c := range handlerCalls {
		cpu, memory := map[string][]sample{}, map[string][]sample{}
		for who, list := range costs[c.name] {
			for _, cost := range list {
				cpu[who], memory[who] = append(cpu[who], sample{value: cost.CPU}), append(memory[who], sample{value: cost.Allocations})
			}
		}
		b.add(c.name+", handler alone", microseconds, []string{ours, byHand}, cpu, goal{ours, byHand, c.cpu.bound, c.cpu.value})
		b.add(c.name+", handler alone", allocations, []string{ours, byHand}, memory, goal{ours, "", c.allocations.bound, c.allocations.value})
	}
	return nil
}

// handlerCalls are the calls that measureHandlers measures.
var handlerCalls = []struct {
	name, method, path, body string
	cpu, allocations         goal
}{
	{"GET", http.MethodGet, "/api/phone_numbers/" + data.ID(7), "", goal{bound: atMost, value: 1}, goal{bound: atMost, value: 10}},
	{"PUT", http.MethodPut, "/api/phone_numbers/" + data.ID(7), `{"agentId":"agent_new"}`, goal{bound: atMost, value: 1}, goal{}},
	{"LIST of 100", http.MethodGet, "/api/phone_numbers?limit=100", "", goal{}, goal{}},
}

// cost is what one call of a handler costs on average.
type cost struct {
	CPU         float64 // microseconds, of the whole process: it includes the garbage collector
	Allocations float64
}

// measureHandlers writes the costs by call and contestant. Its arguments are the number of rounds, and of calls in each.
func measureHandlers(_ context.Context, args []string, _ io.Reader, stdout io.Writer) error {
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
	costs := map[string]map[string][]cost{}
	for _, c := range handlerCalls {
		costs[c.name] = map[string][]cost{}
		for range rounds {
			for _, who := range []string{ours, byHand} {
				handler, err := handlerOf(who, memory.New(tiny.set))
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
				costs[c.name][who] = append(costs[c.name][who], cost)
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

func (r *repeater) cost(handler http.Handler, calls int) (c cost, err error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := cpuTime(os.Getpid())
	if err := r.call(handler, calls); err != nil {
		return c, err
	}
	c.CPU = float64(cpuTime(os.Getpid())-start) / float64(time.Microsecond) / float64(calls)
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
