package store

import (
	"context"
	"iter"
	"strings"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

var _ phone.Inventory = (*Store)(nil)

// NumbersForSale implements phone.Inventory.
func (s *Store) NumbersForSale(ctx context.Context, prefix string, limit int) ([]string, error) {
	// The end of the range is all digits, so that every collation agrees; no number has more than 15.
	return read(ctx, s, sqldb.ScanString, `
		SELECT number FROM inventory
		WHERE number BETWEEN $1 AND $2
		  AND NOT EXISTS (SELECT 1 FROM phone_numbers WHERE number_key = inventory.number)
		ORDER BY number LIMIT $3`,
		prefix, prefix+strings.Repeat("9", 15), limit)
}

// Offers implements phone.Inventory.
func (s *Store) Offers(ctx context.Context, number string) (bool, error) {
	found, err := read(ctx, s, sqldb.ScanString, `SELECT number FROM inventory WHERE number = $1`, number)
	return len(found) > 0, err
}

// inventoryMade is the setting that says that the inventory was filled once: what an owner of the server has removed from
// it must not come back at the next start.
const inventoryMade = "inventory_made"

// FillInventory puts the numbers up for sale if nothing ever was. It reports whether it did.
func (s *Store) FillInventory(ctx context.Context, numbers iter.Seq[string]) (filled bool, err error) {
	if made, err := s.setting(ctx, inventoryMade); err != nil || made != "" {
		return false, err
	}
	err = s.Write(ctx, func(tx sqldb.Querier) error {
		if err := s.db.LockExclusive(ctx, tx, inventoryLock); err != nil {
			return err
		}
		added, err := addSetting(ctx, tx, inventoryMade, "1")
		if err != nil || !added {
			return err
		}
		filled = true
		_, err = addNumbers(ctx, tx, numbers)
		return err
	})
	return filled, err
}

// AddToInventory puts the numbers up for sale, after it has removed all others where replace is set, and returns how many
// were not for sale before. It is all or nothing.
func (s *Store) AddToInventory(ctx context.Context, numbers iter.Seq[string], replace bool) (added int64, err error) {
	err = s.Write(ctx, func(tx sqldb.Querier) error {
		if err := s.db.LockExclusive(ctx, tx, inventoryLock); err != nil {
			return err
		}
		if replace {
			if _, err := addSetting(ctx, tx, inventoryMade, "1"); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM inventory`); err != nil {
				return err
			}
		}
		added, err = addNumbers(ctx, tx, numbers)
		return err
	})
	return added, err
}

func addNumbers(ctx context.Context, tx sqldb.Querier, numbers iter.Seq[string]) (int64, error) {
	insert := sqldb.NewInserter(tx, "inventory", []string{"number"}, "ON CONFLICT (number) DO NOTHING")
	for number := range numbers {
		if err := insert.Add(ctx, number); err != nil {
			return 0, err
		}
	}
	return insert.End(ctx)
}
