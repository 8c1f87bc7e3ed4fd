// Package sqldb keeps the tables of a program in SQLite or PostgreSQL. It opens and migrates the database, lets writers take
// turns, and distinguishes a database that is temporarily unavailable from one that refuses a change.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// DB is an open database. It is safe for concurrent use, even by several processes.
type DB struct {
	name   string // for messages: it contains no password
	engine engine
	reader *sql.DB
	writer *sql.DB // only for changes; with SQLite, it has one connection

	carryOut func(context.Context, *change) error
	turns    turns
	patience time.Duration // how long a change waits in turns
	turn     time.Duration // how long a change waits for a connection
	most     int           // how many changes can share a transaction
}

// Name returns the name of the database for messages: a path, or a URL without user and password.
func (db *DB) Name() string { return db.name }

// Engine returns SQLite or PostgreSQL.
func (db *DB) Engine() string { return db.engine.name }

// Reader returns a Querier for queries that change nothing.
func (db *DB) Reader() Querier { return db.reader }

// Close closes the database.
func (db *DB) Close() error {
	if db.reader == db.writer {
		return db.writer.Close()
	}
	return errors.Join(db.reader.Close(), db.writer.Close())
}
