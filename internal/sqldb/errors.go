package sqldb

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// IsUnavailable reports whether the database is full, locked, failing over or unreachable, so that the same request can succeed
// later.
func IsUnavailable(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff { // the primary result code
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR,
			sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
			return true
		}
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return isUnavailableState(e.Code)
	}
	_, network := errors.AsType[net.Error](err)
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	return network || connecting || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn)
}

// isUnavailableState is IsUnavailable for a state of https://www.postgresql.org/docs/current/errcodes-appendix.html
func isUnavailableState(state string) bool {
	switch state {
	case readOnly,
		"25P03", "25P04", // idle in a transaction, or in a transaction, for too long
		"40001", // serialization failure
		"40P01", // deadlock
		"55P03", // lock not available
		"57014": // canceled, for example by the statement timeout
		return true
	}
	switch state[:min(2, len(state))] {
	case "08", // connection
		"28", // invalid authorization
		"53", // too few resources: disk, memory, connections
		"57", // operator intervention: shutting down, starting up
		"58": // system error
		return true
	}
	return false
}

// readOnly is the state of a database that accepts no writes: a standby, or a primary that has become one.
const readOnly = "25006"

func isReadOnly(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == readOnly
}

// IsDuplicate reports whether a unique index refused a row.
func IsDuplicate(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505" // unique violation
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}
