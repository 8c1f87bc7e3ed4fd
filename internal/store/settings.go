package store

import (
	"context"

	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

// setting returns the value of a setting, empty if it was never set.
func setting(ctx context.Context, q sqldb.Querier, name string) (string, error) {
	values, err := sqldb.All(ctx, q, sqldb.ScanString, `SELECT value FROM settings WHERE name = $1`, name)
	return sqldb.Only(values, err, nil)
}

// setting is the function setting outside of a transaction.
func (s *Store) setting(ctx context.Context, name string) (string, error) {
	value, err := setting(ctx, s.db.Reader(), name)
	return value, storageError(err)
}

// addSetting sets a setting if it was never set.
func addSetting(ctx context.Context, tx sqldb.Querier, name, value string) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO settings (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO NOTHING`, name, value)
	return err
}
