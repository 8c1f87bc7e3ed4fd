package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// batchTurns is how many connections send batches at the same time.
const batchTurns = 4

const (
	// batchLock is how long a batch waits for a lock. All statements of a batch wait for the row that one of them changes, and
	// another transaction could wait for theirs. PostgreSQL looks for deadlocks only after a second.
	batchLock = 100 * time.Millisecond
	// batchPatience is how long a statement waits for a batch. After that, it is sent alone.
	batchPatience = 100 * time.Millisecond
	// batchTimeout is how long a batch can take in total, as long as a request. Each caller can stop waiting earlier.
	batchTimeout = 10 * time.Second
)

// carryOutPostgres carries out a change on any connection. Statements that find no free turn wait, and are sent together.
func (db *DB) carryOutPostgres(ctx context.Context, c *change) error {
	if c.single == nil || db.most == 1 {
		return db.onConnection(ctx, c.alone)
	}
	o := db.turns.wait(ctx, c, batchPatience)
	if o == leads {
		turn, err := db.connection(ctx)
		if err != nil {
			db.turns.end()
			return err
		}
		batch := db.batch(c)
		if len(batch) == 1 {
			defer db.turns.end()
			return useConnection(turn, c.alone)
		}
		o = running
		go db.send(context.WithoutCancel(ctx), turn, batch) // so that each caller, also this one, can stop waiting
	}
	if o == running {
		select {
		case o = <-c.outcome:
		case <-ctx.Done():
			return ctx.Err() // the statement is not canceled; see onlyToConnect
		}
	}
	if o == done {
		return c.result()
	}
	return db.onConnection(ctx, c.alone)
}

// batch returns the first statement and others that wait, in an order that is the same on all servers: by their arguments, which
// start with the key of the row. So batches that change the same rows rarely block each other.
func (db *DB) batch(first *change) []*change {
	batch := []*change{first}
	for len(batch) < db.most {
		c := db.turns.next()
		if c == nil {
			break
		}
		batch = append(batch, c)
	}
	if len(batch) > 1 {
		first.outcome = make(chan outcome, 1)
		slices.SortStableFunc(batch, func(a, b *change) int {
			return cmp.Compare(fmt.Sprint(a.single.args...), fmt.Sprint(b.single.args...))
		})
	}
	return batch
}

// send sends a batch, which is one transaction, and tells each caller the outcome.
func (db *DB) send(ctx context.Context, turn *sql.Conn, changes []*change) {
	defer db.turns.end()
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	received := false
	batch := &pgx.Batch{}
	batch.Queue(`SELECT set_config('lock_timeout', $1, true)`, strconv.FormatInt(batchLock.Milliseconds(), 10))
	for _, c := range changes {
		batch.Queue(c.single.query, c.single.args...).Query(func(rows pgx.Rows) error {
			received = true
			c.try(func() error { return c.single.read(rows) })
			return nil // pgx returns the errors of the statement itself
		})
	}
	err := useConnection(turn, func(turn *sql.Conn) error {
		return turn.Raw(func(driver any) error {
			return driver.(*stdlib.Conn).Conn().SendBatch(ctx, batch).Close() //nolint:forcetypeassert // hosts makes no others
		})
	})
	for _, c := range changes {
		switch {
		case err == nil:
			c.outcome <- done
		case isRolledBack(err) || !received && !IsUnavailable(err):
			c.outcome <- again
		default: // nobody knows whether it was committed
			c.err = err
			c.outcome <- done
		}
	}
}

// isRolledBack reports whether the error of a batch proves that nothing was committed.
func isRolledBack(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.SeverityUnlocalized == "ERROR" // after FATAL, the commit may have been made
	}
	return pgconn.SafeToRetry(err)
}
