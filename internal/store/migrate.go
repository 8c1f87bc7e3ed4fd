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

// tables are those that the migrations make, each after those that it refers to. What else is in the database is not ours.
var tables = []string{"workspaces", "api_keys", "phone_numbers", "sip_credentials", "inventory", "settings", "idempotency_keys"}

func migrate(ctx context.Context, db *sql.DB, e engine) error {
	provider, err := newProvider(db, e, true)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	for range e.tries {
		if _, err = provider.Up(ctx); err == nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := refuseNewer(ctx, provider); err != nil {
		return err
	}
	if err := collateText(ctx, db, e); err != nil {
		return fmt.Errorf("order text by its bytes: %w", err)
	}
	return nil
}

// collateText gives the text that a migration has added the order of its bytes. It runs after every start's migrations, so that
// a start that was killed before it is made up for by the next one. In the usual case it asks once, and changes nothing.
func collateText(ctx context.Context, db *sql.DB, e engine) error {
	if e.collate == "" {
		return nil
	}
	for range tables {
		rows, err := db.QueryContext(ctx, e.collate, tables)
		if statements, err := all(rows, err, scanString); err != nil || len(statements) == 0 {
			return err
		}
		if err := collateTable(ctx, db, e); err != nil {
			return err
		}
	}
	return nil
}

// collateTable alters the next table, in a transaction of its own: with the locks of several tables, it and a server that is at
// work could wait for each other.
func collateTable(ctx context.Context, db *sql.DB, e engine) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back, and before it the first error counts
	if err := takeLock(ctx, tx, e.alone, collationLock); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, e.collate, tables) // again: another process may have been first
	statements, err := all(rows, err, scanString)
	if err != nil || len(statements) == 0 {
		return err
	}
	if _, err := tx.ExecContext(ctx, statements[0]); err != nil {
		return err
	}
	return tx.Commit()
}

func newProvider(db *sql.DB, e engine, locked bool) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
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
