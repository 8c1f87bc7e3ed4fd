package sqldb

import (
	"context"
	"fmt"
	"strings"
)

// IsPostgres reports whether a database is named by a URL of PostgreSQL, rather than by the path of a SQLite file.
func IsPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// Open opens a database, makes that of a path if it is missing, and brings the tables of the application up to date. A database
// is the path of a SQLite file, InMemory, or a URL such as postgres://user@host1,host2/name.
func Open(ctx context.Context, database string, app Application, l ConnectionLimits) (db *DB, err error) {
	if IsPostgres(database) {
		if db, err = openPostgres(ctx, database, app, l); err != nil {
			return nil, fmt.Errorf("open PostgreSQL database: %w", err) // pgx names it, without the password
		}
		return db, nil
	}
	if db, err = openSQLite(ctx, database, app, l); err != nil {
		return nil, fmt.Errorf("open database %s: %w", database, err)
	}
	return db, nil
}
