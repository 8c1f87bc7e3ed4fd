// Package transfer backs up and copies whole databases of the store.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/wholefile"
)

// ErrNotSQLite is the error of Backup for PostgreSQL, which has its own program for backups.
var ErrNotSQLite = errors.New("this command is only for SQLite databases")

// Backup writes a snapshot of the SQLite database at path to a new file. Servers can read and write meanwhile.
func Backup(ctx context.Context, path, file string) error {
	if sqldb.IsPostgres(path) {
		return ErrNotSQLite
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s already exists; choose another name, or remove it", file)
	}
	db, err := sqldb.OpenReadOnly(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	err = wholefile.Create(file, func(draft string) error {
		_, err := db.ExecContext(ctx, `VACUUM INTO $1`, draft)
		if err != nil {
			_ = os.Remove(draft + "-journal") // SQLite leaves this file behind if the disk is full
		}
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("back up %s to %s: %w", path, file, err)
	}
	return nil
}
