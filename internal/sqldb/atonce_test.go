package sqldb

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// These are the means of the tests of changes that share a transaction.

// step is the change of one caller.
type step func(ctx context.Context, db *DB) error

// atOnce makes changes that have all waited for the same turn, in this order, and returns their errors. For a change that
// panics, the error is a panicError.
func atOnce(t *testing.T, db *DB, steps ...step) []error {
	t.Helper()
	contexts := make([]context.Context, len(steps))
	for i := range contexts {
		contexts[i] = t.Context()
	}
	return begin(t, db, contexts, steps...)()
}

type panicError struct{ value any }

func (e panicError) Error() string { return fmt.Sprint("panic: ", e.value) }

// begin lets changes wait for the same turn. The function that it returns gives them the turn, and returns their errors.
func begin(t *testing.T, db *DB, contexts []context.Context, steps ...step) func() []error {
	t.Helper()
	db.patience = time.Minute // so that all of them still wait, however slow the machine is
	end := takeTurn(t, db)
	errs := make([]error, len(steps))
	var running sync.WaitGroup
	var returned atomic.Int64 // with PostgreSQL, a transaction of its own does not wait for the turn
	for i, step := range steps {
		running.Go(func() {
			defer returned.Add(1)
			defer func() {
				if value := recover(); value != nil {
					errs[i] = panicError{value}
				}
			}()
			errs[i] = step(contexts[i], db)
		})
		waitUntil(t, func() bool { return waiting(db)+int(returned.Load()) == i+1 })
	}
	return func() []error {
		end()
		running.Wait()
		return errs
	}
}

// takeTurn takes the turn, and returns a function that ends it.
func takeTurn(t *testing.T, db *DB) (end func()) {
	t.Helper()
	if o := db.turns.wait(t.Context(), &change{}, 0); o != leads {
		t.Fatalf("got the outcome %v; want %v, the turn", o, leads)
	}
	return db.turns.end
}

// waiting returns how many changes wait for the turn.
func waiting(db *DB) int {
	db.turns.mu.Lock()
	defer db.turns.mu.Unlock()
	return len(db.turns.waiting)
}

func waitUntil(t *testing.T, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !isSo(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("waited for a minute")
			return
		}
	}
}

// add is a step that adds a thing with a single statement.
func add(id string) step {
	return func(ctx context.Context, db *DB) error { return insert(ctx, db, id, "added") }
}

// grow is a step that makes the thing "a" larger by one, with a single statement.
func grow(ctx context.Context, db *DB) error {
	_, err := WriteOne(ctx, db, ScanString, `UPDATE things SET size = COALESCE(size, 0) + 1 WHERE id = 'a' RETURNING id`)
	return err
}

// run is a step with a single statement.
func run(query string, args ...any) step {
	return func(ctx context.Context, db *DB) error {
		_, err := WriteOne(ctx, db, ScanString, query, args...)
		return err
	}
}

// short is a step that runs statements in a transaction, and then ends with the error.
func short(ended error, queries ...string) step {
	return func(ctx context.Context, db *DB) error {
		return db.WriteShort(ctx, func(tx Querier) error {
			for _, query := range queries {
				if _, err := tx.ExecContext(ctx, query); err != nil {
					return err
				}
			}
			return ended
		})
	}
}

var errOwn = errors.New("the change's own error")

// wantErrors checks that exactly these changes have failed, by index, and how.
func wantErrors(t *testing.T, got []error, want map[int]func(error) bool) {
	t.Helper()
	for i, err := range got {
		is := want[i]
		if is == nil {
			is = func(err error) bool { return err == nil }
		}
		if !is(err) {
			t.Errorf("change %d: got the error %v; want another outcome", i, err)
		}
	}
}

func isOwn(err error) bool { return errors.Is(err, errOwn) }

// isRefused reports whether the database has refused a change for a reason that stays.
func isRefused(err error) bool { return err != nil && !IsUnavailable(err) }

// wantThings checks the ids of all things, and the size of the thing "a", which is 0 if it was never set.
func wantThings(t *testing.T, db *DB, size string, want ...string) {
	t.Helper()
	got, err := All(t.Context(), db.Reader(), ScanString, `SELECT id FROM things ORDER BY id`)
	dbtest.Must(t, err)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the things are %q; want %q", got, want)
	}
	sizes, err := All(t.Context(), db.Reader(), ScanString, `SELECT CAST(COALESCE(size, 0) AS TEXT) FROM things WHERE id = 'a'`)
	dbtest.Must(t, err)
	if fmt.Sprint(sizes) != fmt.Sprint([]string{size}) {
		t.Errorf("the size is %q; want %s", sizes, size)
	}
}
