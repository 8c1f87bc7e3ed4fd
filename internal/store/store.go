// Package store keeps workspaces, keys, numbers and the inventory in a SQL database.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/vogent-community/phonenumbers/internal/phone"
)

// Store is an open database. It is safe for concurrent use, also by several processes.
type Store struct {
	name    string // the database, as people are told: there is no password in it
	engine  engine
	reader  *sql.DB
	writer  *sql.DB  // every change goes through write; SQLite has one connection for it
	secrets *keyring // nil until Unlock
}

// Open opens a database, makes that of a path if it is missing, and brings its tables up to date. A database is the path of
// a SQLite file, ":memory:" for one that is gone with the process, or a URL such as postgres://user@host1,host2/name.
func Open(ctx context.Context, database string) (*Store, error) {
	return OpenLimited(ctx, database, Limits{})
}

// OpenLimited is Open for a server.
func OpenLimited(ctx context.Context, database string, l Limits) (s *Store, err error) {
	if IsPostgres(database) {
		if s, err = openPostgres(ctx, database, l); err != nil {
			return nil, fmt.Errorf("open PostgreSQL database: %w", err) // pgx names it, without the password
		}
		return s, nil
	}
	if s, err = openSQLite(ctx, database); err != nil {
		return nil, fmt.Errorf("open database %s: %w", database, err)
	}
	return s, nil
}

// Name is the database as people are told: a path, or a URL without user and password.
func (s *Store) Name() string { return s.name }

// Engine is SQLite or PostgreSQL.
func (s *Store) Engine() string { return s.engine.name }

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
// its own: the busy_timeout of SQLite, the statement_timeout of PostgreSQL.
const writerWait = 3 * time.Second

// write runs fn in a transaction. It is the one way to change the database. fn must not use the reader: where the database
// is in memory, that is the connection that the transaction has.
//
// An error says that the change was not made, or that nobody knows: when a primary fails during a commit, the change can be
// there later. It is never the other way round: without an error, the commit was acknowledged.
func (s *Store) write(ctx context.Context, fn func(tx querier) error) error {
	return s.inTurn(ctx, func(turn *sql.Conn) error {
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

// writeOne is write for a change that is one statement, which is a transaction of its own. It reads the rows that the statement
// returns to their end, where the commit is acknowledged. It takes a statement and not a function, so that a later step can
// send what is waiting here in one round trip.
func writeOne[T any](ctx context.Context, s *Store, scan func(*sql.Rows) (T, error), query string, args ...any) (list []T, err error) {
	err = s.inTurn(ctx, func(turn *sql.Conn) error {
		rows, err := turn.QueryContext(ctx, query, args...)
		list, err = all(rows, err, scan)
		return err
	})
	return list, err
}

// querier is a connection or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// inTurn lends fn a connection that can write.
func (s *Store) inTurn(ctx context.Context, fn func(turn *sql.Conn) error) error {
	turn, err := s.takeTurn(ctx)
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
	return storageError(err)
}

func (s *Store) takeTurn(ctx context.Context) (*sql.Conn, error) {
	wait, cancel := context.WithTimeout(ctx, writerWait)
	defer cancel()
	turn, err := s.writer.Conn(wait)
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		return nil, fmt.Errorf("%w: no turn to write within %v: %w", phone.ErrStorageUnavailable, writerWait, err)
	}
	return turn, err
}

// Locks of transactions that would get into each other's way. With SQLite they take turns anyway.
const (
	firstKeyLock = iota + 0x70686f6e65 // as no other program on the database counts from there
	inventoryLock
	secretsLock // shared by those who seal: the check value of their key must stay
	collationLock
)

// alone makes the transaction wait until it has the lock for itself.
func (s *Store) alone(ctx context.Context, tx querier, lock int64) error {
	return takeLock(ctx, tx, s.engine.alone, lock)
}

// beside makes the transaction wait until nobody has the lock alone.
func (s *Store) beside(ctx context.Context, tx querier, lock int64) error {
	return takeLock(ctx, tx, s.engine.beside, lock)
}

func takeLock(ctx context.Context, tx querier, query string, lock int64) error {
	if query == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, query, lock)
	return err
}

// storageError marks what the database says when it cannot be used now. The deadline of a caller belongs to that: a server
// gives each request enough time for a database that is well.
func storageError(err error) error {
	if isUnavailable(err) || errors.Is(err, context.DeadlineExceeded) {
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
	return only(list, err, missing)
}

// only is the only element of a list, or missing.
func only[T any](list []T, err, missing error) (item T, _ error) {
	switch {
	case err != nil:
		return item, err
	case len(list) == 0:
		return item, missing
	}
	return list[0], nil
}
