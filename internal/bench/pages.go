package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/vogent-community/phonenumbers/internal/bench/large"
	"github.com/vogent-community/phonenumbers/internal/bench/report"
)

// fewNumbers is how many numbers the smaller of two stores has.
const fewNumbers = 10_000

// largeStore compares a store with many numbers, without HTTP, to one with few.
func (b *runner) largeStore(ctx context.Context) error {
	if b.options.large == 0 {
		b.report.Skip("lists and searches in a large store", "it needs -large, such as -large 10000000")
		return nil
	}
	fmt.Fprintln(b.Stderr, "a large store")
	dir, err := os.MkdirTemp(b.dir, "")
	if err != nil {
		return err
	}
	few, err := large.Open(ctx, dir, fewNumbers)
	if err != nil {
		return err
	}
	many, err := large.Open(ctx, dir, b.options.large)
	if err != nil {
		return errors.Join(err, few.Close())
	}
	small, big := fmt.Sprint(fewNumbers, " numbers"), fmt.Sprint(b.options.large, " numbers")
	calls := b.options.requests
	if calls == 0 {
		calls = int(b.options.length / (5 * time.Millisecond))
	}
	for _, c := range large.Cases() {
		timed := func(s *large.Store) func(context.Context) (report.Sample, error) {
			return func(ctx context.Context) (report.Sample, error) {
				start := time.Now()
				for range calls {
					if err := c.Call(ctx, s); err != nil {
						return report.Sample{}, err
					}
				}
				return report.Sample{Value: float64(time.Since(start)) / float64(time.Microsecond) / float64(calls)}, nil
			}
		}
		rivals := []rival{{big, timed(many)}, {small, timed(few)}}
		for _, r := range rivals { // a warm-up
			if _, err := r.measure(ctx); err != nil {
				return errors.Join(err, few.Close(), many.Close())
			}
		}
		if err := b.measure(ctx, c.Name+", without HTTP", "µs", rivals, report.AtMost(1.25, big, small)); err != nil {
			return errors.Join(err, few.Close(), many.Close())
		}
	}
	return errors.Join(few.Close(), many.Close())
}
