package store

import (
	"database/sql"
	"errors"
	"net/url"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What is SQLite's own stands in this file.

const (
	inMemory = ":memory:"
	dialect  = goose.DialectSQLite3
)

// maxReaders bounds the connections that read at the same time, each of which has a page cache.
const maxReaders = 8

// sqliteSettings are in the DSN, because a PRAGMA that is executed reaches one connection only.
var sqliteSettings = url.Values{
	"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
	"_txlock": {"immediate"}, // a transaction that writes waits for its turn at its start, where it still can
}

func openSQLite(path string) (*Store, error) {
	if path == inMemory {
		db, err := sql.Open("sqlite", "file::memory:?"+sqliteSettings.Encode())
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1) // the database is the connection
		db.SetMaxIdleConns(1)
		return &Store{path: path, reader: db, writer: db}, nil
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + sqliteSettings.Encode()
	writer, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	reader, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	reader.SetMaxOpenConns(maxReaders)
	reader.SetMaxIdleConns(maxReaders)
	return &Store{path: path, reader: reader, writer: writer}, nil
}

// resultCode is the primary result code of SQLite in err, 0 if there is none.
func resultCode(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}

// isUnavailable reports whether the database is full, locked or out of reach, so that the same request can succeed later.
func isUnavailable(err error) bool {
	switch resultCode(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
		return true
	}
	return false
}

// isTaken reports whether a unique index has refused a row.
func isTaken(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}
