package store

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/vogent-community/phonenumbers/internal/inventory"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

var _ phone.Inventory = (*Store)(nil)

// The numbers for sale are those in the table inventory and, until they are replaced, the fictional ones, which need no rows.
// inventoryMade is the setting that says that the table has all numbers for sale. Servers of older versions copied the fictional
// numbers to the table at their first start, and also set it.
const inventoryMade = "inventory_made"

// selectForSale repeats the range, because PostgreSQL may read the two tables side by side, from their first row in the range on.
const selectForSale = `
	SELECT number FROM inventory
	WHERE number BETWEEN $1 AND $2
	  AND NOT EXISTS (SELECT 1 FROM phone_numbers WHERE number_key = inventory.number AND number_key BETWEEN $1 AND $2)
	ORDER BY number LIMIT $3`

// NumbersForSale implements phone.Inventory.
func (s *Store) NumbersForSale(ctx context.Context, prefix string, limit int) ([]string, error) {
	// The end of the range is all digits, so that every collation agrees; no number has more than 15. The query is not Read: it is
	// long if many of the first numbers have an owner.
	numbers, err := sqldb.All(ctx, s.db.Reader(), sqldb.ScanString, selectForSale, prefix, prefix+strings.Repeat("9", 15), limit)
	if err != nil {
		return nil, storageError(err)
	}
	if made, err := s.setting(ctx, inventoryMade); err != nil || made != "" {
		return numbers, err
	}
	for block := range inventory.Fictional(prefix) {
		if len(numbers) >= limit && numbers[limit-1] < block[0] {
			break
		}
		owned, err := read(ctx, s, sqldb.ScanString, `
			SELECT number_key FROM phone_numbers
			WHERE number_key BETWEEN $1 AND $2
			ORDER BY number_key`,
			block[0], block[len(block)-1])
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, slices.DeleteFunc(block, func(number string) bool {
			_, taken := slices.BinarySearch(owned, number)
			return taken
		})...)
		slices.Sort(numbers)
		numbers = slices.Compact(numbers)
	}
	return numbers[:min(limit, len(numbers))], nil
}

// Offers implements phone.Inventory.
func (s *Store) Offers(ctx context.Context, number string) (bool, error) {
	if found, err := read(ctx, s, sqldb.ScanString, `SELECT number FROM inventory WHERE number = $1`, number); err != nil || len(found) > 0 {
		return len(found) > 0, err
	}
	if !inventory.IsFictional(number) {
		return false, nil
	}
	made, err := s.setting(ctx, inventoryMade)
	return err == nil && made == "", err
}

// AddToInventory puts the numbers up for sale, after removing all others if replace is set, and returns how many were not for
// sale before. It adds all of them or none.
func (s *Store) AddToInventory(ctx context.Context, numbers iter.Seq[string], replace bool) (added int64, err error) {
	err = s.Write(ctx, func(tx sqldb.Querier) error {
		if err := s.db.LockExclusive(ctx, tx, inventoryLock); err != nil {
			return err
		}
		added, err = s.addToInventory(ctx, tx, numbers, replace)
		return err
	})
	return added, err
}

func (s *Store) addToInventory(ctx context.Context, tx sqldb.Querier, numbers iter.Seq[string], replace bool) (added int64, err error) {
	if replace {
		if err := addSetting(ctx, tx, inventoryMade, "1"); err != nil {
			return 0, err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM inventory`); err != nil {
			return 0, err
		}
	}
	made, err := setting(ctx, tx, inventoryMade)
	if err != nil {
		return 0, err
	}
	insert := sqldb.NewInserter(tx, s.Engine(), "inventory", []string{"number"}, "ON CONFLICT (number) DO NOTHING")
	for number := range numbers {
		if made == "" && inventory.IsFictional(number) {
			continue // it is for sale
		}
		if err := insert.Add(ctx, number); err != nil {
			return 0, err
		}
	}
	return insert.End(ctx)
}
