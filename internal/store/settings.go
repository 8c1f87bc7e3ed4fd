package store

import (
	"context"

	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

const selectSetting = `SELECT value FROM settings WHERE name = $1`

// setting returns the value of a setting, empty if it was never set.
func setting(ctx context.Context, tx sqldb.Querier, name string) (string, error) {
	values, err := sqldb.All(ctx, tx, sqldb.ScanString, selectSetting, name)
	return sqldb.Only(values, err, nil)
}

// setting is the function setting outside of a transaction.
func (s *Store) setting(ctx context.Context, name string) (string, error) {
	values, err := read(ctx, s, sqldb.ScanString, selectSetting, name)
	return sqldb.Only(values, err, nil)
}

// addSetting sets a setting if it was never set.
func addSetting(ctx context.Context, tx sqldb.Querier, name, value string) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO settings (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO NOTHING`, name, value)
	return err
}
