// Package sqldb keeps the tables of a program in SQLite or PostgreSQL: it opens and migrates the database, lets writers take
// turns, and tells a database that cannot be used now from one that refuses.
package sqldb

import (
	"database/sql"
	"errors"
	"time"
)

// DB is an open database. It is safe for concurrent use, also by several processes.
type DB struct {
	name   string // the database, as people are told: there is no password in it
	engine engine
	reader *sql.DB
	writer *sql.DB       // every change goes through Write and WriteOne; SQLite has one connection for it
	turn   time.Duration // how long a change waits for its turn
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
