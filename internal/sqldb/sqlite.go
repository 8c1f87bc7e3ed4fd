package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
)

// InMemory is the name of a SQLite database in memory, which is lost when the process ends.
const InMemory = ":memory:"

// sqliteReaders is how many connections can read at the same time. Each has its own page cache.
const sqliteReaders = 8

// sqliteSettings are in the DSN because executing a PRAGMA affects only one connection.
func sqliteSettings(l ConnectionLimits) string {
	synchronous := "synchronous(FULL)"
	if l.Unsynced {
		synchronous = "synchronous(NORMAL)"
	}
	return url.Values{
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", synchronous, "foreign_keys(1)"},
		"_txlock": {"immediate"}, // a transaction that writes waits for its turn when it begins; later it could not
	}.Encode()
}

func openSQLite(ctx context.Context, path string, app Application, l ConnectionLimits) (*DB, error) {
	dsn := "file::memory:?"
	if path != InMemory {
		dsn = sqliteFile(path) + "?"
	}
	dsn += sqliteSettings(l)
	writer, err := openStatements(dsn)
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	db := &DB{name: path, engine: sqliteEngine, reader: writer, writer: writer, patience: l.turn(), turn: l.turn(), most: l.together()}
	db.carryOut = db.carryOutSQLite
	if path == InMemory {
		db.most = 1 // a commit costs nothing
	}
	if path != InMemory { // in memory, each connection would have its own database
		if db.reader, err = openStatements(dsn); err != nil {
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

// OpenReadOnly opens an existing SQLite file. It does not change the file and does not migrate its tables.
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

// sqliteFile returns a path as a URI in which no character has a special meaning.
func sqliteFile(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }
