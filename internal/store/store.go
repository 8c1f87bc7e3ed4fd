// Package store keeps workspaces, keys, numbers and the inventory in a SQL database.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/vogent-community/phonenumbers/internal/phone"
)

// Store is an open database. It is safe for concurrent use, also by several processes.
type Store struct {
	path    string
	reader  *sql.DB
	writer  *sql.DB  // one connection; every change goes through write
	secrets *keyring // nil until Unlock
}

// Open opens the database at a path, makes it if it is missing, and brings its tables up to date. The path ":memory:"
// stands for a database that is gone with the process.
func Open(ctx context.Context, path string) (*Store, error) {
	s, err := openSQLite(path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	if err := migrate(ctx, s.writer); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), s.Close())
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error {
	if s.reader == s.writer {
		return s.writer.Close()
	}
	return errors.Join(s.reader.Close(), s.writer.Close())
}

// Ping asks the database for something that it must read.
func (s *Store) Ping(ctx context.Context) error {
	var inUse bool
	err := s.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM workspaces)`).Scan(&inUse)
	return storageError(err)
}

// writerWait is how long a change waits for its turn in this process. To wait for the lock of another process has a bound of
// its own, the busy_timeout.
const writerWait = 3 * time.Second

// write runs fn in a transaction. It is the one way to change the database. fn must not use the reader: where the database
// is in memory, that is the connection that the transaction has.
func (s *Store) write(ctx context.Context, fn func(tx *sql.Tx) error) error {
	turn, err := s.takeTurn(ctx)
	if err != nil {
		return err
	}
	defer turn.Close() //nolint:errcheck // it gives the connection back
	err = inTransaction(ctx, turn, fn)
	if err != nil && ctx.Err() != nil {
		return errors.Join(ctx.Err(), err) // of a caller who has hung up, database/sql says only that the transaction is over
	}
	return storageError(err)
}

func (s *Store) takeTurn(ctx context.Context) (*sql.Conn, error) {
	wait, cancel := context.WithTimeout(ctx, writerWait)
	defer cancel()
	turn, err := s.writer.Conn(wait)
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		return nil, fmt.Errorf("%w: no turn to write within %v", phone.ErrStorageUnavailable, writerWait)
	}
	return turn, storageError(err)
}

func inTransaction(ctx context.Context, conn *sql.Conn, fn func(tx *sql.Tx) error) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back, and before it the first error counts
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// storageError marks what the database says when it cannot be used now.
func storageError(err error) error {
	if isUnavailable(err) {
		return fmt.Errorf("%w: %w", phone.ErrStorageUnavailable, err)
	}
	return err
}

// all reads the rows of a query to the end; an undrained statement would keep its read transaction, and the WAL could
// never be checkpointed.
func all[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) (list []T, failed error) {
	if err != nil {
		return nil, storageError(err)
	}
	defer func() {
		if err := rows.Close(); failed == nil {
			failed = storageError(err)
		}
	}()
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, storageError(rows.Err())
}

// one reads the only row of a query, or returns missing.
func one[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error), missing error) (T, error) {
	list, err := all(rows, err, scan)
	var item T
	switch {
	case err != nil:
		return item, err
	case len(list) == 0:
		return item, missing
	}
	return list[0], nil
}
