package store

import (
	"context"

	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

// Locks of transactions, as sqldb.DB.LockExclusive takes them.
const (
	firstKeyLock = iota + 0x70686f6e65 // as no other program on the database counts from there
	inventoryLock
	secretsLock // shared by those who seal: the check value of their key must stay
	collationLock
)

// LockEverything lets nobody else write until the transaction ends. A server that starts now comes before or after.
func (s *Store) LockEverything(ctx context.Context, tx sqldb.Querier) error {
	for _, lock := range []int64{firstKeyLock, inventoryLock, secretsLock} {
		if err := s.db.LockExclusive(ctx, tx, lock); err != nil {
			return err
		}
	}
	return s.db.LockTables(ctx, tx, Application.Tables)
}
