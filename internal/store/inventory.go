package store

import (
	"context"
	"database/sql"
	"iter"
	"strings"

	"github.com/vogent-community/phonenumbers/internal/phone"
)

var _ phone.Inventory = (*Store)(nil)

// NumbersForSale implements phone.Inventory.
func (s *Store) NumbersForSale(ctx context.Context, prefix string, limit int) ([]string, error) {
	// The end of the range is all digits, so that every collation agrees; no number has more than 15.
	rows, err := s.reader.QueryContext(ctx, `
		SELECT number FROM inventory
		WHERE number BETWEEN $1 AND $2
		  AND NOT EXISTS (SELECT 1 FROM phone_numbers WHERE number_key = inventory.number)
		ORDER BY number LIMIT $3`,
		prefix, prefix+strings.Repeat("9", 15), limit)
	return all(rows, err, scanString)
}

// Offers implements phone.Inventory.
func (s *Store) Offers(ctx context.Context, number string) (bool, error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT number FROM inventory WHERE number = $1`, number)
	found, err := all(rows, err, scanString)
	return len(found) > 0, err
}

func scanString(rows *sql.Rows) (s string, err error) {
	err = rows.Scan(&s)
	return s, err
}

// inventoryMade is the setting that says that the inventory was filled once: what an owner of the server has removed from
// it must not come back at the next start.
const inventoryMade = "inventory_made"

// FillInventory puts the numbers up for sale if nothing ever was. It reports whether it did.
func (s *Store) FillInventory(ctx context.Context, numbers iter.Seq[string]) (filled bool, err error) {
	if made, err := s.setting(ctx, inventoryMade); err != nil || made != "" {
		return false, err
	}
	err = s.write(ctx, func(tx querier) error {
		if err := s.alone(ctx, tx, inventoryLock); err != nil {
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
	err = s.write(ctx, func(tx querier) error {
		if err := s.alone(ctx, tx, inventoryLock); err != nil {
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

func addNumbers(ctx context.Context, tx querier, numbers iter.Seq[string]) (int64, error) {
	insert := newInserter(tx, "inventory", []string{"number"}, "ON CONFLICT (number) DO NOTHING")
	for number := range numbers {
		if err := insert.add(ctx, number); err != nil {
			return 0, err
		}
	}
	err := insert.end(ctx)
	return insert.added, err
}

// setting returns the value of a setting, empty if it was never set.
func (s *Store) setting(ctx context.Context, name string) (string, error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT value FROM settings WHERE name = $1`, name)
	return one(rows, err, scanString, nil)
}

// addSetting sets what was never set, and reports whether it did.
func addSetting(ctx context.Context, tx querier, name, value string) (bool, error) {
	result, err := tx.ExecContext(ctx, `
		INSERT INTO settings (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO NOTHING`, name, value)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
