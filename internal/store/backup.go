package store

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Backup writes the SQLite database at a path, as it is at one moment, to a new file, while servers go on reading and writing.
func Backup(ctx context.Context, path, file string) error {
	if IsPostgres(path) {
		return errors.New(`this is for SQLite; PostgreSQL has a program for it: pg_dump --format=custom --file=FILE "$PHONENUMBERS_DB"`)
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s is there already; choose another name, or remove it", file)
	}
	db, err := openReadOnly(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	err = createFile(file, func(draft string) error {
		_, err := db.ExecContext(ctx, `VACUUM INTO $1`, draft)
		if err != nil {
			_ = os.Remove(draft + "-journal") // SQLite leaves it on a full disk
		}
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("back up %s to %s: %w", path, file, err)
	}
	return nil
}
