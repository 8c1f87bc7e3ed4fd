package sqldb

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// These tests are for the limits of turns.

// The wait for a turn has a limit, and its error says so.
func TestAChangeWaitsForItsTurnOnlySoLong(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.SQLite(t), ConnectionLimits{Turn: 50 * time.Millisecond})
	end := takeTurn(t, db)
	err := grow(t.Context(), db)
	if !IsUnavailable(err) || !strings.Contains(err.Error(), "another write was still running after 50ms") {
		t.Errorf("got the error %v; want an unavailable database because another write was still running after 50ms", err)
	}
	end()
	dbtest.Must(t, grow(t.Context(), db))
}

// A caller that gives up just as it gets the turn must pass it on.
func TestATurnIsNotLost(t *testing.T) {
	t.Parallel()
	var queue turns
	c := &change{outcome: make(chan outcome, 1)}
	queue.taken, queue.waiting = true, []*change{c}
	queue.end()
	if o := queue.leave(c); o != leads {
		t.Errorf("got the outcome %v; want %v, the turn", o, leads)
	}
}

// A transaction that callers share has a limit. A change that does not end does not stop the others forever.
func TestASharedTransactionTakesOnlySoLong(t *testing.T) {
	t.Parallel() // it waits for the limit
	db := one(t, dbtest.SQLite(t), ConnectionLimits{})
	tried := 0
	endless := func(ctx context.Context, db *DB) error {
		return db.WriteShort(ctx, func(tx Querier) (err error) {
			for tried++; tried == 1 && err == nil; {
				_, err = tx.ExecContext(ctx, `UPDATE things SET size = 100`)
			}
			return err
		})
	}
	wantErrors(t, atOnce(t, db, grow, endless, grow), nil)
	wantThings(t, db, "2", "a")
	if tried != 2 {
		t.Errorf("the change was tried %d times; want 2", tried)
	}
}
