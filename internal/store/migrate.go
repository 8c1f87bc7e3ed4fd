package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationTries is how often a start tries to migrate. Of two processes that make the same new database at once, one finds
// tables that were not there when it looked; at its second try they are.
const migrationTries = 5

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	for range migrationTries {
		if _, err = provider.Up(ctx); err == nil {
			return refuseNewer(ctx, provider)
		}
	}
	return fmt.Errorf("migrate: %w", err)
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
