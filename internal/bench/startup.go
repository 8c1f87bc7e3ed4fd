package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/load"
	"github.com/vogent-community/phonenumbers/internal/bench/process"
	"github.com/vogent-community/phonenumbers/internal/bench/report"
)

// startup measures starts on an existing database, and the memory of an idle server.
func (b *runner) startup(ctx context.Context) error {
	fmt.Fprintln(b.Stderr, "starts")
	programs := map[string][]string{ours: b.ours}
	order := []string{ours}
	if b.base != nil {
		programs[base] = b.base
		order = append(order, base)
	}
	databases := map[string]string{}
	for who, program := range programs {
		database, err := b.fill(ctx, program, b.options.set)
		if err != nil {
			return err
		}
		databases[who] = database
	}
	starts, memory := map[string][]report.Sample{}, map[string][]report.Sample{}
	for n := range b.options.starts {
		for _, who := range order {
			s, took, err := b.coldStart(ctx, programs[who], databases[who])
			if err != nil {
				return err
			}
			starts[who] = append(starts[who], report.Sample{Value: float64(took) / float64(time.Millisecond)})
			if n == b.options.starts-1 {
				memory[who+", at the first response"] = []report.Sample{{Value: process.ResidentMB(s.PID)}}
				time.Sleep(b.options.idle)
				memory[who] = []report.Sample{{Value: process.ResidentMB(s.PID)}}
			}
			if err := s.Stop(); err != nil {
				return err
			}
		}
	}
	b.report.Add("start with an existing database to the first 200", milliseconds, order, starts, report.AtMostThis(25, ours))
	b.report.Add("idle memory after "+b.options.idle.String(), megabytes, append([]string{ours + ", at the first response"}, order...), memory, report.AtMostThis(25, ours))
	return nil
}

// coldStart starts a program, and returns how long it took until it responded to a GET of a number.
func (b *runner) coldStart(ctx context.Context, program []string, database string) (*process.Server, time.Duration, error) {
	start := time.Now()
	s, err := b.Launch(ctx, program, database)
	if err != nil {
		return nil, 0, err
	}
	for {
		ok, err := getNumber(ctx, s.Address)
		switch took := time.Since(start); {
		case ok:
			return s, took, nil
		case took > process.StartTimeout:
			return nil, 0, fmt.Errorf("%v did not start: %w", program, err)
		}
		time.Sleep(200 * time.Microsecond)
	}
}

func getNumber(ctx context.Context, address string) (ok bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/api/phone_numbers/"+data.ID(7), nil)
	if err != nil {
		return false, err
	}
	request.Header.Set("Authorization", "Bearer "+data.Secret(0))
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return false, err
	}
	return response.StatusCode == http.StatusOK, response.Body.Close()
}

// mixedLoad compares the memory of a server in the last third of a long run with that in the first third.
func (b *runner) mixedLoad(ctx context.Context) error {
	const name = "memory under mixed load"
	if b.options.long == 0 {
		b.report.Skip(name, "it needs -long, such as -long 10m")
		return nil
	}
	fmt.Fprintln(b.Stderr, name)
	defer b.CloseAll()
	database, err := b.fill(ctx, b.ours, b.options.set)
	if err != nil {
		return err
	}
	s, err := b.StartProgram(ctx, b.ours, database)
	if err != nil {
		return err
	}
	const first, last = "first third", "last third"
	samples := map[string][]report.Sample{}
	each := max(b.options.long/60, time.Second)
	total := max(int(b.options.long/each), 3)
	for n := range total {
		job := b.job(s, b.options.set,
			load.Share{Operation: "get", Connections: 40}, load.Share{Operation: "list", Connections: 8},
			load.Share{Operation: "search", Connections: 8}, load.Share{Operation: "put", Connections: 8})
		job.Warmup, job.Length, job.Requests = 0, each, 0
		if _, _, err := b.load(ctx, job); err != nil {
			return errors.Join(err, s.Stop())
		}
		third := []string{first, "middle third", last}[n*3/total]
		samples[third] = append(samples[third], report.Sample{Value: process.ResidentMB(s.PID)})
	}
	samples[last] = samples[last][:min(len(samples[first]), len(samples[last]))] // the check compares them one by one
	samples[first] = samples[first][:len(samples[last])]
	b.report.Add(name+" for "+b.options.long.String(), megabytes, []string{first, last}, samples, report.AtMost(1.05, last, first))
	return nil
}
