package sqldb

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// These tests are for both databases: whatever changes share, each has its own outcome.

func TestChangesThatWaitAreAllMade(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		db := one(t, newDB(t), ConnectionLimits{})
		errs := atOnce(t, db, add("b"), grow, short(nil, `INSERT INTO things (id, label) VALUES ('c', '')`), grow, add("d"))
		wantErrors(t, errs, nil)
		wantThings(t, db, "2", "a", "b", "c", "d")
	})
}

func TestAStatementThatFailsFailsAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		db := one(t, newDB(t), ConnectionLimits{})
		for i, order := range [][]step{
			{add("a"), grow, add("b")},
			{grow, add("a"), add("c"), grow},
			{grow, add("d"), add("a")},
		} {
			at := []int{0, 1, 2}[i]
			wantErrors(t, atOnce(t, db, order...), map[int]func(error) bool{at: isRefused})
		}
		wantThings(t, db, "4", "a", "b", "c", "d")
	})
}

func TestAChangeThatEndsWithAnErrorIsRolledBackAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		db := one(t, newDB(t), ConnectionLimits{})
		failing := short(errOwn, `INSERT INTO things (id, label) VALUES ('x', '')`, `UPDATE things SET size = 100`)
		wantErrors(t, atOnce(t, db, failing, grow, failing, add("b"), grow, failing), map[int]func(error) bool{0: isOwn, 2: isOwn, 5: isOwn})
		wantThings(t, db, "2", "a", "b")
	})
}

func TestAPanicIsThatOfOneCaller(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		db := one(t, newDB(t), ConnectionLimits{})
		panics := func(ctx context.Context, db *DB) error {
			return db.WriteShort(ctx, func(tx Querier) error {
				if _, err := tx.ExecContext(ctx, `UPDATE things SET size = 100`); err != nil {
					return err
				}
				panic(errOwn)
			})
		}
		scanPanics := func(ctx context.Context, db *DB) error {
			_, err := WriteOne(ctx, db, func(Row) (string, error) { panic(errOwn) }, `UPDATE owners SET id = id RETURNING id`)
			return err
		}
		isPanic := func(err error) bool {
			p, ok := errors.AsType[panicError](err)
			return ok && p.value == any(errOwn)
		}
		wantErrors(t, atOnce(t, db, add("b"), panics, grow, panics), map[int]func(error) bool{1: isPanic, 3: isPanic})
		dbtest.Must(t, run(`INSERT INTO owners (id) VALUES ('owner') RETURNING id`)(t.Context(), db))
		wantErrors(t, atOnce(t, db, scanPanics, grow, scanPanics, add("c")), map[int]func(error) bool{0: isPanic, 2: isPanic})
		wantThings(t, db, "2", "a", "b", "c")
	})
}

// A caller that gives up while its change waits has its error at once, and the change is not made.
func TestAChangeThatIsGivenUpWhileItWaitsIsNotMade(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		db := one(t, newDB(t), ConnectionLimits{})
		ctx, giveUp := context.WithCancel(t.Context())
		all := t.Context()
		finish := begin(t, db, []context.Context{all, ctx, all}, grow, add("x"), grow)
		giveUp()
		waitUntil(t, func() bool { return waiting(db) == 2 })
		wantErrors(t, finish(), map[int]func(error) bool{1: func(err error) bool { return errors.Is(err, context.Canceled) }})
		wantThings(t, db, "2", "a")
	})
}

// If the transaction cannot be committed, nothing of it was made, and each change is made again, alone.
func TestACommitThatFailsFailsOnlyItsCause(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		db := one(t, newDB(t), ConnectionLimits{})
		_, err := db.writer.ExecContext(t.Context(), `
			CREATE TABLE parts (id TEXT PRIMARY KEY, thing TEXT REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED)`)
		dbtest.Must(t, err)
		broken := run(`INSERT INTO parts (id, thing) VALUES ('p', 'missing') RETURNING id`)
		wantErrors(t, atOnce(t, db, grow, broken, add("b"), grow), map[int]func(error) bool{1: isRefused})
		wantErrors(t, atOnce(t, db, broken, grow), map[int]func(error) bool{0: isRefused})
		wantThings(t, db, "3", "a", "b")
		parts, err := All(t.Context(), db.Reader(), ScanString, `SELECT id FROM parts`)
		dbtest.Must(t, err)
		if len(parts) > 0 {
			t.Errorf("the parts are %q; want none", parts)
		}
	})
}

// Of two updates of the same row, the one that came later stays on SQLite. On PostgreSQL, either can.
func TestUpdatesOfTheSameRow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		db := one(t, newDB(t), ConnectionLimits{})
		label := func(label string) step {
			return func(ctx context.Context, db *DB) error { return update(ctx, db, "a", label) }
		}
		for _, order := range [][]string{{"x", "y", "z"}, {"z", "y", "x"}} {
			wantErrors(t, atOnce(t, db, label(order[0]), label(order[1]), label(order[2])), nil)
			got, err := labels(t.Context(), db)
			dbtest.Must(t, err)
			if want := fmt.Sprint(order[2:]); db.Engine() == SQLite && fmt.Sprint(got) != want {
				t.Errorf("after %q, the label is %q; want %q", order, got, want)
			}
		}
	})
}
