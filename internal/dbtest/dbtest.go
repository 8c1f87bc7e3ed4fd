// Package dbtest gives tests new databases of both engines, and PostgreSQL clusters that can fail.
//
// Tests use the PostgreSQL server that TEST_POSTGRES_URL names. Its user must be allowed to create databases. If the variable
// is not set, the test process starts a cluster from the installed server binaries, and the cluster ends with the process.
// Without either, a test that needs PostgreSQL is skipped; with CI=true, it fails.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// Database creates a new, empty database and returns its path or URL. The database is removed at the end of the test.
type Database func(testing.TB) string

// Each runs a test on both engines.
func Each(t *testing.T, test func(t *testing.T, newDB Database)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, SQLite) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, Postgres) })
}

// SQLite is a Database.
func SQLite(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "test.db")
}

// connectTimeout is long enough for a busy machine. The default of sqldb is not.
const connectTimeout = "connect_timeout=60"

// Postgres is a Database.
func Postgres(tb testing.TB) string {
	tb.Helper()
	server, err := sharedServer()
	if err != nil {
		missing(tb, err)
	}
	name := "phonenumbers_test_" + rand.Text()
	execute(tb, server, `CREATE DATABASE "`+name+`"`)
	tb.Cleanup(func() { execute(tb, server, `DROP DATABASE "`+name+`" WITH (FORCE)`) })
	database := *server
	database.Path = name
	return With(database.String(), connectTimeout)
}

// With adds a setting such as "connect_timeout=1" to a URL.
func With(database, setting string) string {
	if strings.Contains(database, "?") {
		return database + "&" + setting
	}
	return database + "?" + setting
}

// Connect opens a database that the code under test also uses, to read, change or lock it. On SQLite, it waits up to a minute
// for the code under test to end its transaction.
func Connect(tb testing.TB, database string) *sql.DB {
	tb.Helper()
	driver, source := "pgx", database
	if !strings.Contains(database, "://") {
		driver, source = "sqlite", "file:"+database+"?_pragma=busy_timeout(60000)&_txlock=immediate"
	}
	db, err := sql.Open(driver, source)
	Must(tb, err)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// Must ends the test if err is not nil.
func Must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// missing skips a test that needs PostgreSQL. If PostgreSQL is required, it fails the test.
func missing(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatal("CI needs PostgreSQL:", err)
	} else {
		tb.Skip("without PostgreSQL:", err)
	}
}

func execute(tb testing.TB, server *url.URL, statement string) {
	tb.Helper()
	db, err := sql.Open("pgx", server.String())
	if err == nil {
		_, err = db.ExecContext(context.WithoutCancel(tb.Context()), statement)
		_ = db.Close() // the work is done, or err says more
	}
	if err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

// sharedServer returns the URL of the server that all tests of the process use.
var sharedServer = sync.OnceValues(func() (*url.URL, error) {
	if named := os.Getenv("TEST_POSTGRES_URL"); named != "" {
		return url.Parse(named)
	}
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	// The data does not need to survive a crash of the machine.
	c, err := newCluster(bin, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300")
	if err == nil {
		err = c.start()
	}
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL from %s: %w", bin, err)
	}
	return c.URL(), nil
})
