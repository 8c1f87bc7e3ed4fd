package main

import (
	"context"
	"strconv"

	"github.com/vogent-community/phonenumbers/internal/bench/agree"
	"github.com/vogent-community/phonenumbers/internal/bench/contestant"
	"github.com/vogent-community/phonenumbers/internal/bench/load"
	"github.com/vogent-community/phonenumbers/internal/bench/process"
	"github.com/vogent-community/phonenumbers/internal/bench/report"
)

// The names of the contestants.
const (
	ours   = contestant.Ours
	byHand = contestant.ByHand
	base   = "base"
	ogen   = "ogen"
	huma   = "huma"
)

// inMemory compares servers over HTTP that all have the same store.
func (b *runner) inMemory(ctx context.Context) error {
	defer b.CloseAll()
	numbers := strconv.Itoa(b.options.set.Numbers)
	lines := map[string][]string{ours: {b.Self, "serve", ours, numbers}, byHand: {b.Self, "serve", byHand, numbers}}
	contestants := []string{ours, byHand}
	if b.peers != "" {
		lines[ogen], lines[huma] = []string{b.peers, ogen, numbers}, []string{b.peers, huma, numbers}
		contestants = append(contestants, ogen, huma)
	}
	servers := map[string]*process.Server{}
	for _, who := range contestants {
		s, err := b.StartPart(ctx, lines[who]...)
		if err != nil {
			return err
		}
		servers[who] = s
	}
	var agreeing []agree.Server
	for _, who := range contestants {
		agreeing = append(agreeing, agree.Server{Name: who, Address: servers[who].Address, Strict: who == byHand})
	}
	if err := agree.Check(ctx, agreeing); err != nil {
		return err
	}
	for _, row := range []struct {
		name, operation string
		goal            report.Goal
	}{
		{"GET, store in memory", "get", report.AtLeast(0.97, ours, byHand)},
		{"PUT, store in memory", "put", report.AtLeast(0.97, ours, byHand)},
		{"LIST of 100, store in memory", "list", report.AtLeast(1.4, ours, byHand)},
	} {
		var list []rival
		for _, who := range contestants {
			list = append(list, b.rate(who, servers[who], b.options.set, load.Share{Operation: row.operation, Connections: callers}))
		}
		err := b.measure(ctx, row.name, perSecond, list, row.goal, report.AtLeast(1, ours, ogen), report.AtLeast(1, ours, huma))
		if err != nil {
			return err
		}
	}
	return nil
}

// The units of rows.
const (
	perSecond    = "requests/s"
	milliseconds = "ms"
	microseconds = "µs of CPU"
	megabytes    = "MB"
	allocations  = "allocations"
)
