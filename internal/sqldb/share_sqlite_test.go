package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// These tests are for changes that share a transaction of SQLite.

// uncommitted is a step that adds a thing, and first notes how many things only its transaction sees.
func uncommitted(t *testing.T, id string, noted *[]int) step {
	t.Helper()
	return func(ctx context.Context, db *DB) error {
		return db.WriteShort(ctx, func(tx Querier) error {
			mine, err := All(ctx, tx, ScanString, `SELECT id FROM things`)
			if err != nil {
				return err
			}
			all, err := All(ctx, db.reader, ScanString, `SELECT id FROM things`)
			if err != nil {
				return err
			}
			*noted = append(*noted, len(mine)-len(all))
			_, err = tx.ExecContext(ctx, `INSERT INTO things (id, label) VALUES ($1, '')`, id)
			return err
		})
	}
}

func TestSoManyChangesShareATransactionOfSQLite(t *testing.T) {
	t.Parallel()
	for most, want := range map[int]string{0: "[0 1 2 3 4 5 6]", 1: "[0 0 0 0 0 0 0]", 3: "[0 1 2 0 1 2 0]"} {
		db := openLimited(t, dbtest.SQLite(t), ConnectionLimits{Together: most})
		var noted []int
		steps := make([]step, 7)
		for i := range steps {
			steps[i] = uncommitted(t, fmt.Sprint(i), &noted)
		}
		wantErrors(t, atOnce(t, db, steps...), nil)
		if got := fmt.Sprint(noted); got != want {
			t.Errorf("at most %d together: each saw %s uncommitted things; want %s", most, got, want)
		}
	}
}

// A change that uses Write can take long, so it has a transaction of its own, when it is its turn.
func TestALongChangeIsCarriedOutAloneAndInItsTurn(t *testing.T) {
	t.Parallel()
	db := open(t, dbtest.SQLite(t))
	var noted []int
	long := func(ctx context.Context, db *DB) error {
		return db.Write(ctx, func(tx Querier) error {
			noted = append(noted, 100)
			_, err := tx.ExecContext(ctx, `INSERT INTO things (id, label) VALUES ('long', '')`)
			return err
		})
	}
	steps := make([]step, 4)
	for i := range steps {
		steps[i] = uncommitted(t, fmt.Sprint(i), &noted)
	}
	wantErrors(t, atOnce(t, db, steps[0], steps[1], long, steps[2], steps[3]), nil)
	if got, want := fmt.Sprint(noted), "[0 1 100 0 1]"; got != want {
		t.Errorf("noted %s; want %s", got, want)
	}
}

// A caller that gives up while its change is carried out does not stop the others, and still learns what became of the change.
func TestAChangeThatIsGivenUpWhileItRunsIsFinished(t *testing.T) {
	t.Parallel()
	for at := range 3 {
		db := one(t, dbtest.SQLite(t), ConnectionLimits{})
		ctx, giveUp := context.WithCancel(t.Context())
		givenUp := func(ctx context.Context, db *DB) error {
			return db.WriteShort(ctx, func(tx Querier) error {
				giveUp()
				_, err := tx.ExecContext(ctx, `INSERT INTO things (id, label) VALUES ('b', '')`)
				if err == nil {
					_, err = All(ctx, tx, ScanString, `UPDATE things SET size = COALESCE(size, 0) + 1 RETURNING id`)
				}
				return err
			})
		}
		steps, contexts := []step{grow, grow, grow}, []context.Context{t.Context(), t.Context(), t.Context()}
		steps[at], contexts[at] = givenUp, ctx
		wantErrors(t, begin(t, db, contexts, steps...)(), nil)
		wantThings(t, db, "3", "a", "b")
	}
}

// A database that is full for one change is not full for the others.
func TestAFullDatabaseFailsOnlyTheChangeThatDoesNotFit(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 1<<20)
	single := run(`INSERT INTO things (id, label) VALUES ('x', $1) RETURNING id`, large)
	inTransaction := short(nil, `INSERT INTO things (id, label) VALUES ('x', '`+large+`')`)
	for _, tooLarge := range []step{single, inTransaction} {
		db := one(t, dbtest.SQLite(t), ConnectionLimits{})
		var pages, limit int
		dbtest.Must(t, db.writer.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&pages))
		dbtest.Must(t, db.writer.QueryRowContext(t.Context(), fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+5)).Scan(&limit))
		errs := atOnce(t, db, grow, tooLarge, add("b"), short(nil, `INSERT INTO things (id, label) VALUES ('c', '')`), grow)
		wantErrors(t, errs, map[int]func(error) bool{1: IsUnavailable})
		wantThings(t, db, "2", "a", "b", "c")
		wantErrors(t, atOnce(t, db, tooLarge, grow, add("d")), map[int]func(error) bool{0: IsUnavailable})
		wantThings(t, db, "3", "a", "b", "c", "d")
	}
}

// If SQLite rolls back the transaction because of one change, the others are carried out once: not lost, and not made twice.
func TestChangesWhoseTransactionSQLiteHasRolledBack(t *testing.T) {
	t.Parallel()
	const duplicate = `INSERT OR ROLLBACK INTO things (id, label) VALUES ('a', '')`
	swallowed := func(ctx context.Context, db *DB) error {
		return db.WriteShort(ctx, func(tx Querier) error {
			_, err := tx.ExecContext(ctx, duplicate)
			if err == nil {
				return errors.New("the duplicate was added")
			}
			return nil
		})
	}
	for name, c := range map[string]struct {
		step step
		is   func(error) bool
	}{
		"by a statement":                   {run(duplicate + ` RETURNING id`), isRefused},
		"in a transaction":                 {short(nil, duplicate), isRefused},
		"in a transaction, without notice": {swallowed, isRefused},
	} {
		db := one(t, dbtest.SQLite(t), ConnectionLimits{})
		errs := atOnce(t, db, grow, c.step, grow, add("b"), grow)
		wantErrors(t, errs, map[int]func(error) bool{1: c.is})
		wantThings(t, db, "3", "a", "b")
		if t.Failed() {
			t.Fatalf("the failure is %s", name)
		}
	}
}

// If another process holds the lock, the first caller fails after the busy_timeout. The others wait for their own turn.
func TestALockedDatabaseFailsOnlyWhoHasWaitedForIt(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.SQLite(t), ConnectionLimits{})
	_, err := db.writer.ExecContext(t.Context(), `PRAGMA busy_timeout = 1`)
	dbtest.Must(t, err)
	tx, err := dbtest.Connect(t, db.name).BeginTx(t.Context(), nil)
	dbtest.Must(t, err)
	unlock := func(ctx context.Context, db *DB) error {
		err := grow(ctx, db)
		return errors.Join(err, tx.Rollback())
	}
	errs := begin(t, db, []context.Context{t.Context(), t.Context()}, grow, unlock)()
	wantErrors(t, errs, map[int]func(error) bool{0: IsUnavailable, 1: IsUnavailable})
	dbtest.Must(t, grow(t.Context(), db))
	wantThings(t, db, "1", "a")
}

// While a caller waits for the lock of another process, it can give up.
func TestTheFirstCallerCanGiveUpWaitingForALock(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.SQLite(t), ConnectionLimits{})
	_, err := db.writer.ExecContext(t.Context(), `PRAGMA busy_timeout = 600000`)
	dbtest.Must(t, err)
	tx, err := dbtest.Connect(t, db.name).BeginTx(t.Context(), nil)
	dbtest.Must(t, err)
	ctx, giveUp := context.WithCancel(t.Context())
	finish := begin(t, db, []context.Context{ctx, t.Context()}, func(ctx context.Context, db *DB) error {
		time.AfterFunc(100*time.Millisecond, giveUp)
		err := grow(ctx, db)
		return errors.Join(err, tx.Rollback())
	}, grow)
	canceled := func(err error) bool {
		return errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	}
	wantErrors(t, finish(), map[int]func(error) bool{0: canceled})
	wantThings(t, db, "1", "a")
}

// If the database is unavailable for a change, it is tried again alone, because the reason can be the others.
func TestAChangeThatFindsTheDatabaseUnavailableIsTriedAgain(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.SQLite(t), ConnectionLimits{})
	for at := range 3 {
		tried := 0
		steps := []step{grow, grow, grow}
		steps[at] = func(ctx context.Context, db *DB) error {
			return db.WriteShort(ctx, func(Querier) error {
				if tried++; tried == 1 {
					return driver.ErrBadConn
				}
				return nil
			})
		}
		wantErrors(t, atOnce(t, db, steps...), nil)
		wantThings(t, db, fmt.Sprint(2*(at+1)), "a")
	}
}

// A change can prepare statements. They end with the transaction, not with the connection.
func TestStatementsOfASharedTransactionAreClosed(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.SQLite(t), ConnectionLimits{})
	prepared := func(ctx context.Context, db *DB) error {
		var execute func() error
		err := db.WriteShort(ctx, func(tx Querier) error {
			s, err := tx.PrepareContext(ctx, `UPDATE things SET size = COALESCE(size, 0) + 1`) //nolint:sqlclosecheck // the transaction closes it
			if err != nil {
				return err
			}
			execute = func() error { _, err := s.ExecContext(ctx); return err }
			return execute()
		})
		if err == nil && execute() == nil {
			return errors.New("the statement is still open")
		}
		return err
	}
	wantErrors(t, atOnce(t, db, grow, prepared, prepared, grow), nil)
	wantThings(t, db, "4", "a")
}
