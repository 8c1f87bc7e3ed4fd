package sqldb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// These tests are for statements that are sent to PostgreSQL together.

func TestSoManyStatementsShareATransactionOfPostgreSQL(t *testing.T) {
	t.Parallel()
	for most, want := range map[int]string{0: "[7]", 1: "[1 1 1 1 1 1 1]", 3: "[1 3 3]"} {
		db := openLimited(t, dbtest.Postgres(t), ConnectionLimits{Together: most})
		steps := make([]step, 7)
		for i := range steps {
			steps[i] = add(fmt.Sprint(i))
		}
		wantErrors(t, atOnce(t, db, steps...), nil)
		got, err := All(t.Context(), db.Reader(), ScanString, `SELECT count(*)::text FROM things GROUP BY xmin::text ORDER BY 1`)
		dbtest.Must(t, err)
		if fmt.Sprint(got) != want {
			t.Errorf("at most %d together: the transactions have %s things; want %s", most, got, want)
		}
	}
}

// A statement does not wait for a batch that takes long. It is then sent alone.
func TestAStatementDoesNotWaitLongForABatch(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.Postgres(t), ConnectionLimits{})
	defer takeTurn(t, db)()
	dbtest.Must(t, grow(t.Context(), db))
	wantThings(t, db, "1", "a")
}

// If another transaction holds the lock of a row, only the statement that changes this row waits for it.
func TestALockedRowStopsOnlyItsOwnStatement(t *testing.T) {
	t.Parallel()
	database := dbtest.Postgres(t)
	db := one(t, database, ConnectionLimits{})
	tx, err := dbtest.Connect(t, database).BeginTx(t.Context(), nil)
	dbtest.Must(t, err)
	_, err = tx.ExecContext(t.Context(), `UPDATE things SET label = 'theirs'`)
	dbtest.Must(t, err)
	var others sync.WaitGroup
	others.Add(2)
	other := func(id string) step {
		return func(ctx context.Context, db *DB) error {
			defer others.Done()
			return add(id)(ctx, db)
		}
	}
	all := t.Context()
	finish := begin(t, db, []context.Context{all, all, all}, other("b"), grow, other("c"))
	go func() {
		others.Wait() // it would be forever if the others waited for the lock
		_ = tx.Rollback()
	}()
	wantErrors(t, finish(), nil)
	wantThings(t, db, "1", "a", "b", "c")
}

// A caller that gives up while its statement is being sent does not stop the others, and does not wait for the outcome.
func TestAStatementThatIsGivenUpWhileItIsSentDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	database := dbtest.Postgres(t)
	for _, at := range []int{0, 1} {
		db := one(t, database, ConnectionLimits{})
		ctx, giveUp := context.WithCancel(t.Context())
		gone := make(chan struct{})
		givenUp := func(ctx context.Context, db *DB) error {
			defer close(gone)
			return run(`UPDATE things SET label = pg_sleep(3)::text || 'slept' RETURNING id`)(ctx, db)
		}
		waits := func(ctx context.Context, db *DB) error {
			err := grow(ctx, db)
			select {
			case <-gone:
				return err
			default:
				return errors.New("the caller that gave up waits longer than the others")
			}
		}
		steps, contexts := []step{waits, waits, waits}, []context.Context{t.Context(), t.Context(), t.Context()}
		steps[at], contexts[at] = givenUp, ctx
		finish := begin(t, db, contexts, steps...)
		go func() {
			defer giveUp()
			waitUntil(t, func() bool {
				active, err := All(t.Context(), db.Reader(), ScanString, `
					SELECT query FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' AND datname = current_database() AND pid <> pg_backend_pid()`)
				return err != nil || len(active) > 0
			})
		}()
		unknown := func(err error) bool {
			return errors.Is(err, context.Canceled) && strings.Contains(err.Error(), "unknown")
		}
		wantErrors(t, finish(), map[int]func(error) bool{at: unknown})
		wantThings(t, db, "2", "a")
		wantLabel(t, db, "slept")
		_, err := db.writer.ExecContext(t.Context(), `DELETE FROM things`)
		dbtest.Must(t, err)
	}
}

// If the connection breaks, nobody knows whether the batch was committed. None of it is sent again.
func TestABatchWhoseConnectionBreaksIsNotSentAgain(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.Postgres(t), ConnectionLimits{})
	breaks := run(`SELECT pg_terminate_backend(pg_backend_pid())::text`)
	unavailable := map[int]func(error) bool{0: IsUnavailable, 1: IsUnavailable, 2: IsUnavailable}
	wantErrors(t, atOnce(t, db, grow, breaks, grow), unavailable)
	dbtest.Must(t, grow(t.Context(), db))
	wantThings(t, db, "1", "a")
}

// A connection that accepts no writes is given up, and each statement finds another one.
func TestABatchOnAReadOnlyConnectionIsSentAgain(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.Postgres(t), ConnectionLimits{Connections: 1})
	_, err := db.writer.ExecContext(t.Context(), `SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY`)
	dbtest.Must(t, err)
	wantErrors(t, atOnce(t, db, grow, grow, add("b")), nil)
	wantThings(t, db, "2", "a", "b")
}

// An argument that the driver cannot send is the mistake of one caller.
func TestAnArgumentThatCannotBeSentFailsAlone(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.Postgres(t), ConnectionLimits{})
	wrong := run(`UPDATE things SET size = $1 RETURNING id`, struct{}{})
	wantErrors(t, atOnce(t, db, grow, wrong, add("b")), map[int]func(error) bool{1: isRefused})
	wantThings(t, db, "1", "a", "b")
}

// Two servers send batches that change the same rows, in any order. No update is lost or made twice, and none fails.
func TestBatchesOfTwoServersDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	database := dbtest.Postgres(t)
	servers := []*DB{open(t, database), open(t, database)}
	const rows, callers, each = 4, 16, 25
	for row := range rows {
		dbtest.Must(t, insert(t.Context(), servers[0], fmt.Sprint(row), ""))
	}
	var running sync.WaitGroup
	for _, db := range servers {
		for caller := range callers {
			running.Go(func() {
				for i := range each {
					id := fmt.Sprint((caller + i) % rows)
					grown, err := WriteOne(t.Context(), db, ScanString, `UPDATE things SET size = COALESCE(size, 0) + 1 WHERE id = $1 RETURNING id`, id)
					if err != nil || len(grown) != 1 {
						t.Errorf("got %q, %v; want one row", grown, err)
					}
				}
			})
		}
	}
	running.Wait()
	got, err := All(t.Context(), servers[0].Reader(), ScanString, `SELECT sum(size)::text FROM things`)
	dbtest.Must(t, err)
	if want := fmt.Sprint(len(servers) * callers * each); fmt.Sprint(got) != "["+want+"]" {
		t.Errorf("the sizes add up to %s; want %s", got, want)
	}
}

// Two callers wait for the standby, which is gone. Both give up in time, and nobody sees the commit before it is safe.
func TestABatchThatWaitsForTheStandbyIsNotSeen(t *testing.T) {
	t.Parallel()
	pair := dbtest.NewFailover(t, true)
	db := one(t, pair.URL(), ConnectionLimits{})
	pair.Cut(t)
	defer pair.Kill(t) // a normal stop would wait for the standby, which is cut off
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	late := func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
	finish := begin(t, db, []context.Context{ctx, ctx, ctx}, add("b"), grow, add("c"))
	wantErrors(t, finish(), map[int]func(error) bool{0: late, 1: late, 2: late})
	for range 20 {
		wantThings(t, db, "0", "a")
		time.Sleep(50 * time.Millisecond) // a request to cancel the commit would arrive meanwhile
	}
}
