package desired

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/vogent-community/phonenumbers/api/client"
)

const (
	// AtOnce is how many changes run at the same time.
	AtOnce = 8
	// patience is how long a change waits for a server that is unavailable.
	patience = 5 * time.Minute
	// Retries is enough retries for patience: the wait before each is 4 seconds on average, or as long as the server asks for.
	Retries = 100
)

// Counts says how many changes were made. If a run was interrupted during a change, the change counts as left, made or not.
type Counts struct{ Made, Failed, Left int }

// batch is a run of many changes.
type batch struct {
	pacer  *Pacer
	result func(i int, err error) error
	stop   context.CancelCauseFunc // called with the error after which the other changes would fail too

	mu           sync.Mutex // for what follows
	made, failed int
}

// Run makes many changes, AtOnce at a time, within the rate limit of the server. After each change, it calls result with the
// index and the error of the change; calls of result do not overlap. If a change fails, the others continue. Run returns the
// error that stopped it: that of ctx, of result, or of a change after which the others would fail too.
func Run(
	ctx context.Context, pacer *Pacer, changes []func(context.Context, ...client.CallOption) error, result func(i int, err error) error,
) (Counts, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	b := batch{pacer: pacer, result: result, stop: stop}
	queue := make(chan int)
	var workers sync.WaitGroup
	for range AtOnce {
		workers.Go(func() {
			for i := range queue {
				if ctx.Err() == nil {
					b.change(ctx, i, changes[i])
				}
			}
		})
	}
	for i := range changes {
		queue <- i
	}
	close(queue)
	workers.Wait()
	return Counts{b.made, b.failed, len(changes) - b.made - b.failed}, context.Cause(ctx)
}

// change makes a change and reports its result.
func (b *batch) change(ctx context.Context, i int, do func(context.Context, ...client.CallOption) error) {
	if b.pacer.wait(ctx) != nil {
		return
	}
	b.mu.Lock()
	madeBefore := b.made
	b.mu.Unlock()
	var answer client.Response
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := do(limited, client.WithRetries(Retries), client.WithResponse(&answer))
	b.pacer.Learn(answer.Header)
	if err != nil && ctx.Err() != nil {
		return // the change may have been made or not; the next run finds out
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.failed++
	} else {
		b.made++
	}
	var failure *client.Error
	if lost := b.result(i, err); lost != nil {
		b.stop(lost)
		return
	}
	switch {
	case err == nil:
	case errors.As(err, &failure) && failure.StatusCode == http.StatusUnauthorized:
		b.stop(err) // the others would fail too
	case b.made == madeBefore && (errors.Is(err, client.ErrUnavailable) || errors.Is(err, client.ErrRateLimited) ||
		errors.Is(err, context.DeadlineExceeded)):
		b.stop(err) // nothing succeeded in all that time
	}
}
