package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

func migrate(ctx context.Context, db *sql.DB, e engine, app Application) error {
	provider, err := newProvider(db, e, app, true)
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
	if err := collateText(ctx, db, e, app); err != nil {
		return fmt.Errorf("set the sort order of text columns: %w", err)
	}
	return nil
}

// collateText gives the text that a migration has added the order of its bytes. It runs after every start's migrations, so that
// a start that was killed before it is made up for by the next one. In the usual case it asks once, and changes nothing.
func collateText(ctx context.Context, db *sql.DB, e engine, app Application) error {
	if e.collate == "" {
		return nil
	}
	for range app.Tables {
		if statements, err := All(ctx, db, ScanString, e.collate, app.Tables); err != nil || len(statements) == 0 {
			return err
		}
		if err := collateTable(ctx, db, e, app); err != nil {
			return err
		}
	}
	return nil
}

// collateTable alters the next table, in a transaction of its own: with the locks of several tables, it and a server that is at
// work could wait for each other.
func collateTable(ctx context.Context, db *sql.DB, e engine, app Application) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back, and before it the first error counts
	if err := takeLock(ctx, tx, e.exclusive, app.Lock); err != nil {
		return err
	}
	statements, err := All(ctx, tx, ScanString, e.collate, app.Tables) // again: another process may have been first
	if err != nil || len(statements) == 0 {
		return err
	}
	if _, err := tx.ExecContext(ctx, statements[0]); err != nil {
		return err
	}
	return tx.Commit()
}

func newProvider(db *sql.DB, e engine, app Application, locked bool) (*goose.Provider, error) {
	files, err := fs.Sub(app.Migrations, "migrations")
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
		return fmt.Errorf("a newer version of this program has updated its tables (to version %d, but this program supports only %d); use the newer version", current, known)
	}
	return nil
}

// OlderError says that the tables of a database were not brought up to date, as Open does.
type OlderError struct{ Version, Needed int64 }

// Error implements error.
func (e *OlderError) Error() string {
	return fmt.Sprintf("its tables are at version %d, but this program needs version %d", e.Version, e.Needed)
}

// CheckVersion wants the tables of the application in a SQLite file, as Open would leave them. It returns an *OlderError where they
// are older.
func CheckVersion(ctx context.Context, db *sql.DB, app Application) error {
	provider, err := newProvider(db, sqliteEngine, app, false)
	if err != nil {
		return err
	}
	switch current, known, err := provider.GetVersions(ctx); {
	case err != nil:
		return fmt.Errorf("it is not a database of this program; check the path: %w", err)
	case current < known:
		return &OlderError{Version: current, Needed: known}
	}
	return refuseNewer(ctx, provider)
}
