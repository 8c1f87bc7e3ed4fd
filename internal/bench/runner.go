package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/load"
)

// callers is how many connections send requests at the same time.
const callers = 64

// runner runs the measurements and collects their rows.
type runner struct {
	options  options
	dir      string // for temporary files
	self     string // the path of this program
	ours     []string
	base     []string // empty without -base
	peers    string   // empty without -peers
	progress io.Writer
	report   Report
	servers  []*server
	run      int // how many jobs have run

	serverCPUs, loadCPUs []string
}

// sample is what a contestant reaches in a round.
type sample struct{ value, p99, cpu, own float64 }

// contestant is one of those that a row compares.
type contestant struct {
	who     string
	measure func(context.Context) (sample, error)
}

// measure lets the contestants take turns, and adds the row with the goals.
func (b *runner) measure(ctx context.Context, name, unit string, contestants []contestant, goals ...goal) error {
	fmt.Fprintln(b.progress, name)
	var order []string
	for _, c := range contestants {
		order = append(order, c.who)
	}
	samples := map[string][]sample{}
	for range b.options.rounds {
		for _, c := range contestants {
			s, err := c.measure(ctx)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", name, c.who, err)
			}
			samples[c.who] = append(samples[c.who], s)
		}
	}
	b.add(name, unit, order, samples, goals...)
	return nil
}

// add adds a row. It leaves out the goals about contestants that are not there.
func (b *runner) add(name, unit string, order []string, samples map[string][]sample, goals ...goal) {
	row := &Row{Name: name, Unit: unit}
	values := map[string][]float64{}
	for _, who := range order {
		var p99, cpu, own []float64
		for _, s := range samples[who] {
			values[who], p99, cpu, own = append(values[who], s.value), append(p99, s.p99), append(cpu, s.cpu), append(own, s.own)
		}
		row.Figures = append(row.Figures, Figure{
			Who: who, Spread: spreadOf(values[who]), P99: spreadOf(p99).Median, CPU: spreadOf(cpu).Median, Own: spreadOf(own).Median,
		})
	}
	for _, g := range goals {
		if values[g.who] != nil && (g.against == "" || values[g.against] != nil) {
			row.Checks = append(row.Checks, g.check(values))
		}
	}
	b.report.Rows = append(b.report.Rows, row)
}

func (b *runner) skip(name, reason string) {
	b.report.Rows = append(b.report.Rows, &Row{Name: name, Skipped: reason})
}

// rate is a contestant that handles requests of the first share, while the others only keep the server busy.
func (b *runner) rate(who string, s *server, set data.Set, shares ...load.Share) contestant {
	return contestant{who, func(ctx context.Context) (sample, error) {
		before := cpuTime(s.pid)
		results, own, err := b.load(ctx, b.job(s, set, shares...))
		if err != nil {
			return sample{}, err
		}
		all := 0
		for _, r := range results {
			all += r.All
		}
		each := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) / float64(max(all, 1)) }
		return sample{
			value: results[0].PerSecond, p99: float64(results[0].P99) / float64(time.Millisecond),
			cpu: each(cpuTime(s.pid) - before), own: each(own),
		}, nil
	}}
}

// p99 is like rate, but what counts is the 99th percentile in milliseconds.
func (b *runner) p99(who string, s *server, set data.Set, shares ...load.Share) contestant {
	c := b.rate(who, s, set, shares...)
	return contestant{who, func(ctx context.Context) (sample, error) {
		got, err := c.measure(ctx)
		got.value = got.p99
		return got, err
	}}
}

func (b *runner) job(s *server, set data.Set, shares ...load.Share) load.Job {
	b.run++
	return load.Job{
		Address: s.address, Set: set, Shares: shares,
		Warmup: b.options.length / 4, Length: b.options.length, Requests: b.options.requests, Run: b.run,
	}
}

// load runs a job in a process of its own. own is the CPU time of that process.
func (b *runner) load(ctx context.Context, job load.Job) (results []load.Result, own time.Duration, err error) {
	text, err := json.Marshal(job)
	if err != nil {
		return nil, 0, err
	}
	line := b.pin(b.loadCPUs, b.self, "load")
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Stdin, command.Stderr = bytes.NewReader(text), b.progress
	output, err := command.Output()
	if err == nil {
		err = json.Unmarshal(output, &results)
		own = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	}
	return results, own, err
}

// generateLoad reads a job, does it, and writes the results.
func generateLoad(ctx context.Context, _ []string, stdin io.Reader, stdout io.Writer) error {
	var job load.Job
	if err := json.NewDecoder(stdin).Decode(&job); err != nil {
		return err
	}
	results, err := load.Do(ctx, job)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(results)
}
