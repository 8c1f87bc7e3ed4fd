package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"github.com/vogent-community/phonenumbers/internal/bench/contestant"
	"github.com/vogent-community/phonenumbers/internal/bench/report"
)

// handlers compares the handlers alone, with their log, in a process with nothing else.
func (b *runner) handlers(ctx context.Context) error {
	fmt.Fprintln(b.Stderr, "handlers alone")
	calls := b.options.requests
	if calls == 0 {
		calls = int(b.options.length / (100 * time.Microsecond))
	}
	line := b.Pin(b.ServerCPUs, b.Self, "handler", strconv.Itoa(b.options.rounds), strconv.Itoa(calls))
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Stderr = b.Stderr
	output, err := command.Output()
	if err != nil {
		return err
	}
	var costs map[string]map[string][]contestant.Cost
	if err := json.Unmarshal(output, &costs); err != nil {
		return err
	}
	for _, c := range []struct {
		call        string
		cpu, memory report.Goal
	}{
		{"GET", report.AtMost(1, ours, byHand), report.AtMostThis(10, ours)},
		{"PUT", report.AtMost(1, ours, byHand), report.Compare(ours, byHand)},
		{"LIST of 100", report.Compare(ours, byHand), report.Compare(ours, byHand)},
	} {
		cpu, memory := map[string][]report.Sample{}, map[string][]report.Sample{}
		for who, list := range costs[c.call] {
			for _, cost := range list {
				cpu[who], memory[who] = append(cpu[who], report.Sample{Value: cost.CPU}), append(memory[who], report.Sample{Value: cost.Allocations})
			}
		}
		b.report.Add(c.call+", handler alone", microseconds, []string{ours, byHand}, cpu, c.cpu)
		b.report.Add(c.call+", handler alone", allocations, []string{ours, byHand}, memory, c.memory)
	}
	return nil
}
