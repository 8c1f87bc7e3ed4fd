// Package sqldb keeps the tables of a program in SQLite or PostgreSQL: it opens and migrates the database, lets writers take
// turns, and tells a database that cannot be used now from one that refuses.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// DB is an open database. It is safe for concurrent use, also by several processes.
type DB struct {
	name   string // the database, as people are told: there is no password in it
	engine engine
	reader *sql.DB
	writer *sql.DB // every change goes through Write and WriteOne; SQLite has one connection for it
}

// InMemory names a SQLite database that is gone with the process.
const InMemory = ":memory:"

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
	if db, err = openSQLite(ctx, database, app); err != nil {
		return nil, fmt.Errorf("open database %s: %w", database, err)
	}
	return db, nil
}

// Name is the database as people are told: a path, or a URL without user and password.
func (db *DB) Name() string { return db.name }

// Engine is SQLite or PostgreSQL.
func (db *DB) Engine() string { return db.engine.name }

// Reader is for queries that change nothing.
func (db *DB) Reader() Querier { return db.reader }

// Close closes the database.
func (db *DB) Close() error {
	if db.reader == db.writer {
		return db.writer.Close()
	}
	return errors.Join(db.reader.Close(), db.writer.Close())
}
