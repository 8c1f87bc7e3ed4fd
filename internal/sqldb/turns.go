package sqldb

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"time"
)

// change is what a caller of Write, WriteShort or WriteOne waits for.
type change struct {
	alone  func(turn *sql.Conn) error // carries it out in a transaction of its own, which the context of the caller can end
	shared func(tx Querier) error     // carries it out in a transaction with others; nil if it must not share one
	single *statement                 // what shared does, if that is a single statement

	outcome  chan outcome
	err      error // the result of a change that is done
	panicked any   // what it panicked with, if it did not return
}

// try calls fn, which carries out the change, and keeps its result for the caller.
func (c *change) try(fn func() error) {
	defer func() { c.panicked = recover() }()
	c.err = fn()
}

// result returns the result of a change that is done, or panics with its panic.
func (c *change) result() error {
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c.err
}

type statement struct {
	query string
	args  []any
	read  func(rowReader) error // reads the rows that the statement returns
}

// outcome is what became of a change for which its caller has waited.
type outcome int

const (
	leads   outcome = iota // it is not carried out yet, and its caller has the turn
	left                   // it is not carried out, and no longer waits
	running                // another caller carries it out
	done                   // another caller has carried it out and committed
	again                  // the transaction that it shared was rolled back, so its caller must carry it out alone
)

// turns decides whose change is carried out next. The caller who has the turn can also carry out the changes of others.
type turns struct {
	mu      sync.Mutex
	taken   bool
	waiting []*change // in the order of their arrival
}

// wait waits until the caller has the turn or another caller has carried out the change, but no longer than timeout.
func (t *turns) wait(ctx context.Context, c *change, timeout time.Duration) outcome {
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return leads
	}
	c.outcome = make(chan outcome, 1)
	t.waiting = append(t.waiting, c)
	t.mu.Unlock()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case o := <-c.outcome:
		return o
	case <-ctx.Done():
	case <-timer.C:
	}
	return t.leave(c)
}

// leave takes a change out of the queue, unless that has already happened.
func (t *turns) leave(c *change) outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting, c); i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
		return left
	}
	select {
	case o := <-c.outcome: // it must not be lost if it is the turn
		return o
	default:
		return running
	}
}

// end gives the turn to the caller who has waited longest.
func (t *turns) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken = len(t.waiting) > 0; t.taken {
		t.first().outcome <- leads
	}
}

// company reports whether the next change can share a transaction.
func (t *turns) company() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting) > 0 && t.waiting[0].shared != nil
}

// next takes the next change out of the queue if it can share a transaction. Otherwise, it returns nil.
func (t *turns) next() *change {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 || t.waiting[0].shared == nil {
		return nil
	}
	return t.first()
}

func (t *turns) first() *change {
	c := t.waiting[0]
	t.waiting = slices.Delete(t.waiting, 0, 1)
	return c
}
