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

// collateText makes text columns that a migration has added sort by bytes. It runs after the migrations of every start, so that
// the next start does it if a start was killed before it. Usually, it runs one query and changes nothing.
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

// collateTable alters the next table, in its own transaction. With locks on several tables, it could deadlock with a running
// server.
func collateTable(ctx context.Context, db *sql.DB, e engine, app Application) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back, and before it the first error counts
	if err := takeLock(ctx, tx, e.exclusive, app.Lock); err != nil {
		return err
	}
	statements, err := All(ctx, tx, ScanString, e.collate, app.Tables) // again: another process may have been faster
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

// postgresLock makes processes that start at the same time migrate one after another.
func postgresLock() (goose.ProviderOption, error) {
	const everySecond, tries = 1, 300
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(everySecond, tries))
	return goose.WithSessionLocker(locker), err
}

// refuseNewer keeps an older program from using tables that it does not know.
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

// OlderError means that the tables of a database are not up to date. Open would update them.
type OlderError struct{ Version, Needed int64 }

// Error implements error.
func (e *OlderError) Error() string {
	return fmt.Sprintf("its tables are at version %d, but this program needs version %d", e.Version, e.Needed)
}

// CheckVersion checks that a SQLite file has the current tables of the application. If they are older, it returns an
// *OlderError.
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
