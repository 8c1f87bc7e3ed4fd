package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
)

// InMemory names a SQLite database that is gone with the process.
const InMemory = ":memory:"

// sqliteReaders bounds the connections that read at the same time, each of which has a page cache.
const sqliteReaders = 8

// sqliteSettings are in the DSN, because a PRAGMA that is executed reaches one connection only.
var sqliteSettings = url.Values{
	"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
	"_txlock": {"immediate"}, // a transaction that writes waits for its turn at its start, where it still can
}

func openSQLite(ctx context.Context, path string, app Application, l ConnectionLimits) (*DB, error) {
	dsn := "file::memory:?"
	if path != InMemory {
		dsn = sqliteFile(path) + "?"
	}
	writer, err := sql.Open("sqlite", dsn+sqliteSettings.Encode())
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	db := &DB{name: path, engine: sqliteEngine, reader: writer, writer: writer, turn: l.turn()}
	if path != InMemory { // there, the database is the connection
		if db.reader, err = sql.Open("sqlite", dsn+sqliteSettings.Encode()); err != nil {
			return nil, errors.Join(err, writer.Close())
		}
		db.reader.SetMaxOpenConns(sqliteReaders)
		db.reader.SetMaxIdleConns(sqliteReaders)
	}
	if err := migrate(ctx, writer, sqliteEngine, app); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// OpenReadOnly opens a SQLite file that is there, and changes nothing of it, its tables included.
func OpenReadOnly(path string) (*sql.DB, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("the file does not exist; check the path")
	}
	db, err := sql.Open("sqlite", sqliteFile(path)+"?mode=ro&_pragma=busy_timeout(5000)")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// sqliteFile is a path as a URI, in which no character means anything else.
func sqliteFile(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }
