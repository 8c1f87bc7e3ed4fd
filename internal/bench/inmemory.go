package main

import (
	"context"
	"strconv"

	"github.com/vogent-community/phonenumbers/internal/bench/load"
)

// The names of the contestants.
const (
	ours        = "ours"
	byHand      = "by hand"
	base        = "base"
	ogen        = "ogen"
	huma        = "huma"
	groupingOff = "grouping off"
	normal      = "synchronous=NORMAL"
)

// inMemory compares servers over HTTP that all have the same store.
func (b *runner) inMemory(ctx context.Context) error {
	defer b.closeAll()
	numbers := strconv.Itoa(b.options.set.Numbers)
	lines := map[string][]string{ours: {b.self, "serve", ours, numbers}, byHand: {b.self, "serve", byHand, numbers}}
	contestants := []string{ours, byHand}
	if b.peers != "" {
		lines[ogen], lines[huma] = []string{b.peers, ogen, numbers}, []string{b.peers, huma, numbers}
		contestants = append(contestants, ogen, huma)
	}
	servers := map[string]*server{}
	for _, who := range contestants {
		s, err := b.startPart(ctx, lines[who]...)
		if err != nil {
			return err
		}
		servers[who] = s
	}
	if err := b.agree(ctx, contestants, servers); err != nil {
		return err
	}
	for _, row := range []struct {
		name, operation string
		goal            goal
	}{
		{"GET, store in memory", "get", goal{ours, byHand, atLeast, 0.97}},
		{"PUT, store in memory", "put", goal{ours, byHand, atLeast, 0.97}},
		{"LIST of 100, store in memory", "list", goal{ours, byHand, atLeast, 1.4}},
	} {
		var list []contestant
		for _, who := range contestants {
			list = append(list, b.rate(who, servers[who], b.options.set, load.Share{Operation: row.operation, Connections: callers}))
		}
		err := b.measure(ctx, row.name, perSecond, list, row.goal, goal{ours, ogen, atLeast, 1}, goal{ours, huma, atLeast, 1})
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
