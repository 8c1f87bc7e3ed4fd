package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/vogent-community/phonenumbers/api/client"
)

const (
	// atOnce is how many changes are under way at the same time.
	atOnce = 8
	// patience is how long a change waits for a server that is away.
	patience = 5 * time.Minute
	// batchRetries are enough for that: each is after 4 seconds on average, or when the server has asked for it.
	batchRetries = 100
)

// batch makes many changes, some of them at the same time, within the rate limit of the server.
type batch struct {
	*session
	pacer       *pacer
	table       *table // of what is done; nil for none
	doing, done string // the changes, such as "deleting" and "deleted"
	again       string // what to do about those that are left

	stop         context.CancelCauseFunc // with the error after which going on makes no sense
	mu           sync.Mutex              // for what follows
	made, failed int
	unwritten    error // the first error of writing to stdout
}

// task is a change of a batch.
type task struct {
	what   string // such as "link +14155550100 to agent_1"
	do     func(context.Context, ...client.CallOption) error
	report func(failure *failureJSON) error // prints the change to stdout; failure is nil for one that is done
}

// run makes the changes, and says how many are done: in an error, unless all are.
func (b *batch) run(caller context.Context, tasks []task) (counts string, _ error) {
	ctx, stop := context.WithCancelCause(caller)
	defer stop(nil)
	b.stop = stop
	step, end := b.progress(len(tasks), b.doing)
	queue := make(chan task)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for t := range queue {
				if ctx.Err() == nil {
					b.change(ctx, t)
					step()
				}
			}
		})
	}
	for _, t := range tasks {
		queue <- t
	}
	close(queue)
	workers.Wait()
	end()
	if b.table != nil && b.unwritten == nil {
		b.unwritten = b.table.end()
	}
	counts = fmt.Sprintf("%s: %d, failed: %d, left: %d", b.done, b.made, b.failed, len(tasks)-b.made-b.failed)
	switch {
	case caller.Err() != nil:
		return "", fmt.Errorf("interrupted, %s; %s", counts, b.again)
	case b.unwritten != nil:
		return "", fmt.Errorf("stopped, %s; %s: write the output: %w", counts, b.again, b.unwritten)
	case ctx.Err() != nil:
		return "", fmt.Errorf("stopped, %s; %s: %w", counts, b.again, context.Cause(ctx))
	case b.failed > 0:
		return "", fmt.Errorf("%s; fix the errors above, and %s", counts, b.again)
	}
	return counts, nil
}

// change makes a change, and says how it went.
func (b *batch) change(ctx context.Context, t task) {
	if b.pacer.wait(ctx) != nil {
		return
	}
	b.mu.Lock()
	madeBefore := b.made
	b.mu.Unlock()
	var answer client.Response
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := t.do(limited, client.WithRetries(batchRetries), client.WithResponse(&answer))
	b.pacer.learn(answer.Header)
	if err != nil && ctx.Err() != nil {
		return // it may be done or not; the next run finds out
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.result(t, err)
	var failure *client.Error
	switch {
	case b.unwritten != nil:
		b.stop(b.unwritten)
	case err == nil:
	case errors.As(err, &failure) && failure.StatusCode == http.StatusUnauthorized:
		b.stop(err) // the others would fail too
	case b.made == madeBefore && (errors.Is(err, client.ErrUnavailable) || errors.Is(err, client.ErrRateLimited) ||
		errors.Is(err, context.DeadlineExceeded)):
		b.stop(err) // all that time nothing succeeded
	}
}

// result counts a change and prints it.
func (b *batch) result(t task, err error) {
	var failure *failureJSON
	if err != nil {
		b.failed++
		b.note("phonenumbers: %s: %v", t.what, err)
		failure = new(describe(err, ""))
	} else {
		b.made++
	}
	if unwritten := t.report(failure); b.unwritten == nil {
		b.unwritten = unwritten
	}
}
