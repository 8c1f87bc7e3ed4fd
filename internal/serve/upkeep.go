package serve

import (
	"context"
	"log/slog"
	"time"
)

const upkeepTimeout = 10 * time.Second

// every does the work at once, after each interval, and once more when ctx ends.
func every(ctx context.Context, interval time.Duration, log *slog.Logger, what string, work func(context.Context) error) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for done := false; ; {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), upkeepTimeout)
		if err := work(limited); err != nil {
			log.Warn("maintenance failed", "task", what, "error", err)
		}
		cancel()
		if done {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			done = true
		}
	}
}
