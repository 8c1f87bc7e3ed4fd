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
	"github.com/vogent-community/phonenumbers/internal/bench/process"
	"github.com/vogent-community/phonenumbers/internal/bench/report"
)

// callers is how many connections send requests at the same time.
const callers = 64

// runner runs the measurements and collects their rows.
type runner struct {
	process.Starter
	options options
	dir     string   // for temporary files
	ours    []string // the command line of this version
	base    []string // that of the version to compare with; empty without -base
	peers   string   // the program with the other frameworks; empty without -peers
	report  report.Report
	run     int // differs between jobs
}

// rival is one of those that a row compares.
type rival struct {
	who     string
	measure func(context.Context) (report.Sample, error)
}

// measure lets the rivals take turns, and adds the row with the goals.
func (b *runner) measure(ctx context.Context, name, unit string, rivals []rival, goals ...report.Goal) error {
	fmt.Fprintln(b.Stderr, name)
	var order []string
	for _, c := range rivals {
		order = append(order, c.who)
	}
	samples := map[string][]report.Sample{}
	for range b.options.rounds {
		for _, c := range rivals {
			s, err := c.measure(ctx)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", name, c.who, err)
			}
			samples[c.who] = append(samples[c.who], s)
		}
	}
	b.report.Add(name, unit, order, samples, goals...)
	return nil
}

// rate is a rival that handles requests of the first share, while the others only keep the server busy.
func (b *runner) rate(who string, s *process.Server, set data.Set, shares ...load.Share) rival {
	return rival{who, func(ctx context.Context) (report.Sample, error) {
		before := process.CPUTime(s.PID)
		results, own, err := b.load(ctx, b.job(s, set, shares...))
		if err != nil {
			return report.Sample{}, err
		}
		all := 0
		for _, r := range results {
			all += r.All
		}
		each := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) / float64(max(all, 1)) }
		return report.Sample{
			Value: results[0].PerSecond, P99: float64(results[0].P99) / float64(time.Millisecond),
			CPU: each(process.CPUTime(s.PID) - before), Own: each(own),
		}, nil
	}}
}

// p99 is like rate, but what counts is the 99th percentile in milliseconds.
func (b *runner) p99(who string, s *process.Server, set data.Set, shares ...load.Share) rival {
	c := b.rate(who, s, set, shares...)
	return rival{who, func(ctx context.Context) (report.Sample, error) {
		got, err := c.measure(ctx)
		got.Value = got.P99
		return got, err
	}}
}

func (b *runner) job(s *process.Server, set data.Set, shares ...load.Share) load.Job {
	b.run++
	return load.Job{
		Address: s.Address, Set: set, Shares: shares,
		Warmup: b.options.length / 4, Length: b.options.length, Requests: b.options.requests, Run: b.run,
	}
}

// load runs a job in a process of its own. own is the CPU time of that process.
func (b *runner) load(ctx context.Context, job load.Job) (results []load.Result, own time.Duration, err error) {
	text, err := json.Marshal(job)
	if err != nil {
		return nil, 0, err
	}
	line := b.Pin(b.LoadCPUs, b.Self, "load")
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Stdin, command.Stderr = bytes.NewReader(text), b.Stderr
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
