package sqldb

import (
	"context"
	"fmt"
	"strings"
)

// IsPostgres reports whether database is the URL of a PostgreSQL database, not the path of a SQLite file.
func IsPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// Open opens a database and brings the tables of the application up to date. database is the path of a SQLite file, InMemory,
// or a URL such as postgres://user@host1,host2/name. If the SQLite file does not exist, Open creates it.
func Open(ctx context.Context, database string, app Application, l ConnectionLimits) (db *DB, err error) {
	if IsPostgres(database) {
		if db, err = openPostgres(ctx, database, app, l); err != nil {
			return nil, fmt.Errorf("open PostgreSQL database: %w", err) // the error of pgx names the database, without the password
		}
		return db, nil
	}
	if db, err = openSQLite(ctx, database, app, l); err != nil {
		return nil, fmt.Errorf("open database %s: %w", database, err)
	}
	return db, nil
}
