package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// Write runs fn in a transaction. All changes to the database use Write or WriteOne. fn must not use the reader: for a database
// in memory, the reader is the connection that the transaction uses.
//
// If Write returns no error, the database has acknowledged the commit. If it returns an error, the change was usually not made.
// But if a primary fails during a commit, nobody knows, and the change can appear later.
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

// WriteOne is Write for a change that is a single statement, which is a transaction of its own. It reads all rows that the
// statement returns, because the commit is acknowledged only after the last one. It takes a statement instead of a function, so
// that it could send several waiting statements in one round trip later.
func WriteOne[T any](ctx context.Context, db *DB, scan func(*sql.Rows) (T, error), query string, args ...any) (list []T, err error) {
	err = db.inTurn(ctx, func(turn *sql.Conn) error {
		list, err = All(ctx, turn, scan, query, args...)
		return err
	})
	return list, err
}

// inTurn calls fn with a connection that can write.
func (db *DB) inTurn(ctx context.Context, fn func(turn *sql.Conn) error) error {
	turn, err := db.takeTurn(ctx)
	if err == nil {
		err = fn(turn)
		if isReadOnly(err) {
			_ = turn.Raw(func(any) error { return driver.ErrBadConn }) // closes the connection; the next one finds the new primary
		}
		_ = turn.Close() // this only returns the connection to the pool
	}
	if err != nil && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err) // database/sql says only that the transaction is over
	}
	return err
}

func (db *DB) takeTurn(ctx context.Context) (*sql.Conn, error) {
	wait, cancel := context.WithTimeout(ctx, db.turn)
	defer cancel()
	turn, err := db.writer.Conn(wait)
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		return nil, fmt.Errorf("another write was still running after %v: %w", db.turn, err) // IsUnavailable recognizes the deadline in it
	}
	return turn, err
}
