package sqldb

import (
	"context"
	"fmt"
	"strings"
)

// LockExclusive makes the transaction wait until it has the lock for itself, and keeps it until the transaction ends. A lock is
// for transactions that would get into each other's way. With SQLite they take turns anyway.
func (db *DB) LockExclusive(ctx context.Context, tx Querier, lock int64) error {
	return takeLock(ctx, tx, db.engine.exclusive, lock)
}

// LockShared makes the transaction wait until nobody has the lock exclusively.
func (db *DB) LockShared(ctx context.Context, tx Querier, lock int64) error {
	return takeLock(ctx, tx, db.engine.shared, lock)
}

// LockTables lets nobody else write in the tables until the transaction ends.
func (db *DB) LockTables(ctx context.Context, tx Querier, tables []string) error {
	if db.engine.lockTables == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf(db.engine.lockTables, strings.Join(tables, ", ")))
	return err
}

func takeLock(ctx context.Context, tx Querier, query string, lock int64) error {
	if query == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, query, lock)
	return err
}
