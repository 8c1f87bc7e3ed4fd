package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// batchLock is how long a batch waits for a lock. All statements of a batch wait for the row that one of them changes, and
	// another transaction could wait for theirs. PostgreSQL looks for deadlocks only after a second.
	batchLock = 100 * time.Millisecond
	// batchPatience is how long a statement waits for a batch. After that, it is sent alone.
	batchPatience = 100 * time.Millisecond
)

// carryOutPostgres carries out a change on any connection. But only one batch is sent at a time: the statements that arrive
// meanwhile wait, and become the next batch.
func (db *DB) carryOutPostgres(ctx context.Context, c *change) error {
	if c.single == nil || db.most == 1 {
		return db.onConnection(ctx, c.alone)
	}
	o := db.turns.wait(ctx, c, db.patience)
	if o == leads {
		if !db.turns.company() {
			defer db.turns.end()
			return db.onConnection(ctx, c.alone)
		}
		c.outcome = make(chan outcome, 1)
		go db.sendBatch(context.WithoutCancel(ctx), c) // in the background, so that each caller can stop waiting for the outcome
		o = running
	}
	if o == running {
		select {
		case o = <-c.outcome:
		case <-ctx.Done():
			return fmt.Errorf("the statement was sent, but its outcome is unknown: %w", ctx.Err())
		}
	}
	if o == done {
		return c.result()
	}
	return db.onConnection(ctx, c.alone)
}

// sendBatch sends the first statement and others that wait in one round trip, which is one transaction. If one of them fails,
// each is sent alone.
func (db *DB) sendBatch(ctx context.Context, first *change) {
	defer db.turns.end()
	ctx, cancel := context.WithTimeout(ctx, sharedTimeout)
	defer cancel()
	changes, received := []*change{first}, false
	err := db.onConnection(ctx, func(turn *sql.Conn) error {
		changes = db.batch(first)
		batch := &pgx.Batch{}
		batch.Queue(`SELECT set_config('lock_timeout', $1, true)`, strconv.FormatInt(batchLock.Milliseconds(), 10))
		for _, c := range changes {
			batch.Queue(c.single.query, c.single.args...).Query(func(rows pgx.Rows) error {
				received = true
				c.try(func() error { return c.single.read(rows) })
				return nil // pgx knows the errors of the statement itself
			})
		}
		return turn.Raw(func(conn any) error {
			return conn.(*stdlib.Conn).Conn().SendBatch(ctx, batch).Close() //nolint:forcetypeassert // hosts.Connector makes no others
		})
	})
	for _, c := range changes {
		switch {
		case err == nil:
			c.outcome <- done
		case isRolledBack(err) || !received && !IsUnavailable(err): // the second is an argument that cannot be sent
			c.outcome <- again
		default: // nobody knows whether the batch was committed
			c.err, c.panicked = err, nil
			c.outcome <- done
		}
	}
}

// batch returns the first statement and others that wait, ordered by their arguments, which begin with the key of the row. All
// servers use the same order, so that their batches rarely wait for each other's rows in a circle.
func (db *DB) batch(first *change) []*change {
	changes := []*change{first}
	for len(changes) < db.most {
		c := db.turns.next()
		if c == nil {
			break
		}
		changes = append(changes, c)
	}
	slices.SortStableFunc(changes, func(a, b *change) int {
		return slices.CompareFunc(a.single.args, b.single.args, compareTexts)
	})
	return changes
}

// compareTexts compares two arguments. Keys are texts; others count as empty.
func compareTexts(a, b any) int {
	x, _ := a.(string)
	y, _ := b.(string)
	return strings.Compare(x, y)
}

// isRolledBack reports whether the error of a batch proves that nothing was committed.
func isRolledBack(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.SeverityUnlocalized == "ERROR" // after FATAL, the commit may have been made
	}
	return pgconn.SafeToRetry(err)
}
