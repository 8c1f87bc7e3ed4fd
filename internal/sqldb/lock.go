package sqldb

import (
	"context"
	"fmt"
	"strings"
)

// LockExclusive waits until the transaction holds the lock exclusively. The transaction holds it until it ends. Use a lock if
// transactions could conflict. With SQLite, LockExclusive does nothing, because transactions that write take turns anyway.
func (db *DB) LockExclusive(ctx context.Context, tx Querier, lock int64) error {
	return takeLock(ctx, tx, db.engine.exclusive, lock)
}

// LockShared waits until no other transaction holds the lock exclusively, and then holds it in shared mode.
func (db *DB) LockShared(ctx context.Context, tx Querier, lock int64) error {
	return takeLock(ctx, tx, db.engine.shared, lock)
}

// LockTables blocks other writers of the tables until the transaction ends.
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
