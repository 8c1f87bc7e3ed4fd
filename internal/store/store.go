// Package store keeps workspaces, API keys, numbers and the inventory in a SQL database: its tables and its queries.
package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/secret"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

// Store is an open database. It is safe for concurrent use, even by several processes.
type Store struct {
	db      *sqldb.DB
	secrets *secret.Keyring // nil until Unlock
}

// Open opens a database as sqldb.Open does.
func Open(ctx context.Context, database string) (*Store, error) {
	return OpenLimited(ctx, database, sqldb.ConnectionLimits{})
}

// OpenLimited is Open with limits for the connections of a server.
func OpenLimited(ctx context.Context, database string, l sqldb.ConnectionLimits) (*Store, error) {
	db, err := sqldb.Open(ctx, database, Application, l)
	if err != nil {
		return nil, err
	}
	return &Store{db: db}, nil
}

// Name returns the name of the database for messages: a path, or a URL without user and password.
func (s *Store) Name() string { return s.db.Name() }

// Engine returns SQLite or PostgreSQL.
func (s *Store) Engine() string { return s.db.Engine() }

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Ping checks the database with a query that reads a table.
func (s *Store) Ping(ctx context.Context) error {
	_, err := read(ctx, s, sqldb.ScanString, `SELECT id FROM workspaces LIMIT 1`)
	return err
}

// Write runs fn in a transaction, as sqldb.DB.Write does.
func (s *Store) Write(ctx context.Context, fn func(tx sqldb.Querier) error) error {
	return storageError(s.db.Write(ctx, fn))
}

// writeShort runs fn as sqldb.DB.WriteShort does: perhaps again, so fn sets all its results anew.
func (s *Store) writeShort(ctx context.Context, fn func(tx sqldb.Querier) error) error {
	return storageError(s.db.WriteShort(ctx, fn))
}

// LockEverything blocks all other writers, including servers that are starting, until the transaction ends.
func (s *Store) LockEverything(ctx context.Context, tx sqldb.Querier) error {
	for _, lock := range []int64{firstAPIKeyLock, inventoryLock, secretsLock} {
		if err := s.db.LockExclusive(ctx, tx, lock); err != nil {
			return err
		}
	}
	return s.db.LockTables(ctx, tx, Application.Tables)
}

// writeOne is sqldb.WriteOne.
func writeOne[T any](ctx context.Context, s *Store, scan func(sqldb.Row) (T, error), query string, args ...any) ([]T, error) {
	list, err := sqldb.WriteOne(ctx, s.db, scan, query, args...)
	return list, storageError(err)
}

// read returns the rows of a query that changes nothing and needs no transaction.
func read[T any](ctx context.Context, s *Store, scan func(sqldb.Row) (T, error), query string, args ...any) ([]T, error) {
	list, err := sqldb.Read(ctx, s.db, scan, query, args...)
	return list, storageError(err)
}

// storageError marks the errors of a database that is temporarily unavailable. They include an expired deadline, because a
// server gives each request enough time for a healthy database.
func storageError(err error) error {
	if sqldb.IsUnavailable(err) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", phone.ErrStorageUnavailable, err)
	}
	return err
}
