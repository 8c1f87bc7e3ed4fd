package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// collation is the version of the one migration that is not SQL of both engines.
const collation = 3

func migrate(ctx context.Context, db *sql.DB, e engine) error {
	provider, err := newProvider(db, e, true)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	for range e.tries {
		if _, err = provider.Up(ctx); err == nil {
			return refuseNewer(ctx, provider)
		}
	}
	return fmt.Errorf("migrate: %w", err)
}

func newProvider(db *sql.DB, e engine, locked bool) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(goose.NewGoMigration(collation, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			if e.collate == "" {
				return nil
			}
			_, err := tx.ExecContext(ctx, e.collate)
			return err
		}}, nil)),
	}
	if locked && e.dialect == goose.DialectPostgres {
		locker, err := postgresLock()
		if err != nil {
			return nil, err
		}
		options = append(options, locker)
	}
	return goose.NewProvider(e.dialect, db, files, options...)
}

// postgresLock makes processes that start at once migrate one after the other.
func postgresLock() (goose.ProviderOption, error) {
	const everySecond, tries = 1, 300
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(everySecond, tries))
	return goose.WithSessionLocker(locker), err
}

// refuseNewer keeps an older program from working on tables that it does not know.
func refuseNewer(ctx context.Context, provider *goose.Provider) error {
	current, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read migration version: %w", err)
	}
	if current > known {
		return fmt.Errorf("a newer version of this program has made or changed it (its tables are at version %d, this program knows %d); use that version", current, known)
	}
	return nil
}
