package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// Write runs fn in a transaction of its own. All changes to the database use Write, WriteShort or WriteOne. fn must not use the
// reader: for a database in memory, the reader is the connection that the transaction uses.
//
// If Write returns no error, the database has acknowledged the commit. If it returns an error, the change was usually not made.
// But if a primary fails during a commit, nobody knows, and the change can appear later.
func (db *DB) Write(ctx context.Context, fn func(tx Querier) error) error {
	return db.write(ctx, &change{alone: transaction(ctx, fn)})
}

// WriteShort is Write for a change that takes a few milliseconds at most. With SQLite, it can share a transaction with the
// changes of other callers, which are all acknowledged after one commit. If fn returns an error, only its own statements are
// rolled back. fn runs in the goroutine of any of the callers, and its statements do not end with ctx. If the transaction fails,
// fn runs again, so it must set all its results anew.
func (db *DB) WriteShort(ctx context.Context, fn func(tx Querier) error) error {
	return db.write(ctx, &change{alone: transaction(ctx, fn), shared: fn})
}

// WriteOne is WriteShort for a change that is a single statement, which is a transaction of its own if no other caller waits.
// With PostgreSQL, it is sent in one round trip with the statements of others who wait. WriteOne reads all rows that the
// statement returns, because the commit is acknowledged only after the last one.
func WriteOne[T any](ctx context.Context, db *DB, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	var list []T // read it only if there is no error: after one, the statement can still be running
	err := db.write(ctx, &change{
		alone: func(turn *sql.Conn) (err error) {
			list, err = All(ctx, turn, scan, query, args...)
			return err
		},
		shared: func(tx Querier) (err error) {
			list, err = All(ctx, tx, scan, query, args...)
			return err
		},
		single: &statement{query, args, func(rows rowReader) (err error) {
			list, err = readAll(rows, scan)
			return err
		}},
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// transaction returns a function that runs fn in a transaction that ends with ctx.
func transaction(ctx context.Context, fn func(tx Querier) error) func(turn *sql.Conn) error {
	return func(turn *sql.Conn) error {
		tx, err := turn.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back, and before it the first error counts
		if err := fn(tx); err != nil {
			return err
		}
		return tx.Commit()
	}
}

// sharedTimeout limits a transaction with the changes of several callers, as long as a request.
const sharedTimeout = 10 * time.Second

func (db *DB) write(ctx context.Context, c *change) error {
	err := db.carryOut(ctx, c)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err) // database/sql says only that the transaction is over
	}
	return err
}

// onConnection calls fn with a connection that can write.
func (db *DB) onConnection(ctx context.Context, fn func(turn *sql.Conn) error) error {
	turn, err := db.connection(ctx)
	if err != nil {
		return err
	}
	return useConnection(turn, fn)
}

// useConnection calls fn, and then returns the connection to the pool.
func useConnection(turn *sql.Conn, fn func(turn *sql.Conn) error) error {
	defer turn.Close() //nolint:errcheck // this only returns the connection to the pool
	err := fn(turn)
	if isReadOnly(err) {
		_ = turn.Raw(func(any) error { return driver.ErrBadConn }) // closes the connection; the next one finds the new primary
	}
	return err
}

func (db *DB) connection(ctx context.Context) (*sql.Conn, error) {
	wait, cancel := context.WithTimeout(ctx, db.turn)
	defer cancel()
	turn, err := db.writer.Conn(wait)
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		return nil, db.noTurn()
	}
	return turn, err
}

// noTurn returns the error of a change that has waited too long. IsUnavailable recognizes the deadline in it.
func (db *DB) noTurn() error {
	return fmt.Errorf("another write was still running after %v: %w", db.turn, context.DeadlineExceeded)
}
