package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// All that differs between SQLite and PostgreSQL in the queries of a server stands in this file. hosts.go connects to PostgreSQL;
// snapshot.go and backup.go read files of SQLite.

// engine is a database system.
type engine struct {
	name    string
	dialect goose.Dialect
	tries   int    // how often a start tries to migrate
	collate string // selects a statement for each of the tables $1 whose text is not ordered by its bytes
	alone   string // takes the lock $1 until the transaction ends, where transactions do not take turns anyway
	beside  string // the same lock, shared with others that take it so
}

var sqliteEngine = engine{
	name:    "SQLite",
	dialect: goose.DialectSQLite3,
	// Of two processes that make the same new database at once, one finds tables that were not there when it looked; at its
	// second try they are. There is no lock for sessions.
	tries: 5,
}

var postgresEngine = engine{
	name:    "PostgreSQL",
	dialect: goose.DialectPostgres,
	tries:   1,
	// The collation of the database would sort ids by the rules of a language (in Danish, aa comes last), and an update of
	// the operating system can change those rules under an index.
	collate: `
		SELECT format('ALTER TABLE %I.%I ', table_schema, table_name)
		    || string_agg(format('ALTER COLUMN %I TYPE text COLLATE "C"', column_name), ', ' ORDER BY ordinal_position)
		FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = ANY ($1::text[])
		  AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
		GROUP BY table_schema, table_name ORDER BY table_name`,
	alone:  `SELECT pg_advisory_xact_lock($1)`,
	beside: `SELECT pg_advisory_xact_lock_shared($1)`,
}

const inMemory = ":memory:"

// sqliteReaders bounds the connections that read at the same time, each of which has a page cache.
const sqliteReaders = 8

// sqliteSettings are in the DSN, because a PRAGMA that is executed reaches one connection only.
var sqliteSettings = url.Values{
	"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
	"_txlock": {"immediate"}, // a transaction that writes waits for its turn at its start, where it still can
}

func openSQLite(ctx context.Context, path string) (*Store, error) {
	dsn := "file::memory:?"
	if path != inMemory {
		dsn = sqliteFile(path) + "?"
	}
	writer, err := sql.Open("sqlite", dsn+sqliteSettings.Encode())
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	s := &Store{name: path, engine: sqliteEngine, reader: writer, writer: writer}
	if path != inMemory { // there, the database is the connection
		if s.reader, err = sql.Open("sqlite", dsn+sqliteSettings.Encode()); err != nil {
			return nil, errors.Join(err, writer.Close())
		}
		s.reader.SetMaxOpenConns(sqliteReaders)
		s.reader.SetMaxIdleConns(sqliteReaders)
	}
	if err := migrate(ctx, writer, s.engine); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// sqliteFile is a path as a URI, in which no character means anything else.
func sqliteFile(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

// IsPostgres reports whether a database is named by a URL of PostgreSQL, rather than by the path of a SQLite file.
func IsPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// Limits bound what a server takes from PostgreSQL. SQLite has one writer, and none of these. Zero means the default.
type Limits struct {
	Connections   int           // at the same time
	ConnectionAge time.Duration // when a connection is replaced
	Statement     time.Duration // how long a statement may take; the default is no limit
}

// The defaults of Limits.
const (
	DefaultConnections   = 16
	DefaultConnectionAge = time.Hour
)

const (
	connectTimeout = 2 * time.Second  // for each host, where the URL has no connect_timeout
	frozenTimeout  = 30 * time.Second // after which a process that has stopped in a transaction loses its locks
)

func openPostgres(ctx context.Context, url string, l Limits) (*Store, error) {
	config, err := postgresConfig(url)
	if err != nil {
		return nil, err
	}
	// The migrations have a connection without the limits, which are for the statements of a server.
	migrator := sql.OpenDB(newHosts(config))
	if err = migrator.PingContext(ctx); err == nil {
		err = migrate(ctx, migrator, postgresEngine)
	}
	if err := errors.Join(err, migrator.Close()); err != nil {
		return nil, err
	}
	if l.Statement > 0 {
		config.RuntimeParams["statement_timeout"] = strconv.FormatInt(l.Statement.Milliseconds(), 10)
	}
	db := sql.OpenDB(newHosts(config))
	connections := cmp.Or(l.Connections, DefaultConnections)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxLifetime(cmp.Or(l.ConnectionAge, DefaultConnectionAge))
	return &Store{name: postgresName(config), engine: postgresEngine, reader: db, writer: db}, nil
}

// postgresConfig reads a URL as libpq does. A server needs a host that it can write to, whatever the order of the hosts.
func postgresConfig(url string) (*pgx.ConnConfig, error) {
	before, _, _ := strings.Cut(url, "?")
	if _, path, _ := strings.Cut(strings.SplitN(before, "://", 2)[1], "/"); strings.Count(before, "@") > 1 || strings.Contains(path, "@") {
		return nil, errors.New("the user or the password in the URL has an @ or a / of its own: write %40 for @, %2F for / and %25 for %")
	}
	config, err := pgx.ParseConfig(url)
	if err != nil { // the error has the URL, and what looks like a password in it is not all that can be one
		text := err.Error()
		return nil, fmt.Errorf("read the URL: %s", text[strings.LastIndex(text, "`")+1:])
	}
	if config.ValidateConnect == nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	for name, value := range map[string]string{
		"application_name":                    "phonenumbers",
		"idle_in_transaction_session_timeout": strconv.FormatInt(frozenTimeout.Milliseconds(), 10),
	} {
		if config.RuntimeParams[name] == "" {
			config.RuntimeParams[name] = value
		}
	}
	return config, nil
}

// postgresName names a database by its hosts and its name, without the user and the password.
func postgresName(config *pgx.ConnConfig) string {
	hosts := []string{net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))}
	for _, f := range config.Fallbacks {
		if host := net.JoinHostPort(f.Host, strconv.Itoa(int(f.Port))); host != hosts[len(hosts)-1] { // with and without TLS
			hosts = append(hosts, host)
		}
	}
	return fmt.Sprintf("postgres://%s/%s", strings.Join(hosts, ","), config.Database)
}

// isUnavailable reports whether the database is full, locked, failing over or out of reach, so that the same request can
// succeed later.
func isUnavailable(err error) bool {
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

// isUnavailableState is isUnavailable for a state of https://www.postgresql.org/docs/current/errcodes-appendix.html
func isUnavailableState(state string) bool {
	switch state {
	case readOnly,
		"25P03", "25P04", // idle in a transaction for too long, in it for too long
		"40001", // serialization failure
		"40P01", // deadlock
		"55P03", // lock not available
		"57014": // cancelled, as by the statement timeout
		return true
	}
	switch state[:min(2, len(state))] {
	case "08", // connection
		"28", // not let in
		"53", // too few resources: disk, memory, connections
		"57", // shut down, starting up
		"58": // the system
		return true
	}
	return false
}

// readOnly is the state of a database that takes no writes: a standby, or a primary that has become one.
const readOnly = "25006"

func isReadOnly(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == readOnly
}

// isTaken reports whether a unique index has refused a row.
func isTaken(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505" // unique violation
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}
