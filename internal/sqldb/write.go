package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// Write runs fn in a transaction. With WriteOne it is the one way to change the database. fn must not use the reader: where the
// database is in memory, that is the connection that the transaction has.
//
// An error says that the change was not made, or that nobody knows: when a primary fails during a commit, the change can be
// there later. It is never the other way round: without an error, the commit was acknowledged.
func (db *DB) Write(ctx context.Context, fn func(tx Querier) error) error {
	return db.inTurn(ctx, func(turn *sql.Conn) error {
		tx, err := turn.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back, and before it the first error counts
		if err := fn(tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// WriteOne is Write for a change that is one statement, which is a transaction of its own. It reads the rows that the statement
// returns to their end, where the commit is acknowledged. It takes a statement and not a function, so that a later step can
// send what is waiting here in one round trip.
func WriteOne[T any](ctx context.Context, db *DB, scan func(*sql.Rows) (T, error), query string, args ...any) (list []T, err error) {
	err = db.inTurn(ctx, func(turn *sql.Conn) error {
		list, err = All(ctx, turn, scan, query, args...)
		return err
	})
	return list, err
}

// inTurn lends fn a connection that can write.
func (db *DB) inTurn(ctx context.Context, fn func(turn *sql.Conn) error) error {
	turn, err := db.takeTurn(ctx)
	if err == nil {
		err = fn(turn)
		if isReadOnly(err) {
			_ = turn.Raw(func(any) error { return driver.ErrBadConn }) // it is closed, and the next one finds the new primary
		}
		_ = turn.Close() // it only gives the connection back
	}
	if err != nil && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err) // of a caller who has hung up, database/sql says only that the transaction is over
	}
	return err
}

func (db *DB) takeTurn(ctx context.Context) (*sql.Conn, error) {
	wait, cancel := context.WithTimeout(ctx, db.turn)
	defer cancel()
	turn, err := db.writer.Conn(wait)
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		return nil, fmt.Errorf("another write was still running after %v: %w", db.turn, err) // IsUnavailable knows it by its deadline
	}
	return turn, err
}
