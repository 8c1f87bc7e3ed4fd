package sqldb

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// These tests are only for PostgreSQL: many writers, many processes, limits, hosts.

func TestProcessesThatStartAtOnceOnPostgreSQL(t *testing.T) {
	database := dbtest.Postgres(t)
	for _, failure := range startAtOnce(t, 50, openVariable+"="+database) {
		t.Error(failure)
	}
	dbtest.Must(t, ping(t.Context(), open(t, database)))
}

// The control: without the lock, processes that migrate at once disturb each other, and the test above fails.
func TestTheStartTestSeesMigrationsWithoutALock(t *testing.T) {
	for range 5 {
		if failures := startAtOnce(t, 50, openVariable+"="+dbtest.Postgres(t), unlockedVariable+"=1"); len(failures) > 0 {
			return
		}
	}
	t.Error("5 times 50 unlocked processes have all started; the control shows nothing")
}

// connectionState returns a setting of a connection.
func connectionState(t *testing.T, db *DB, setting string) string {
	t.Helper()
	var value string
	dbtest.Must(t, db.reader.QueryRowContext(t.Context(), "SHOW "+setting).Scan(&value))
	return value
}

func TestEveryConnectionToPostgreSQLIsLimited(t *testing.T) {
	database := dbtest.Postgres(t)
	db := openLimited(t, database, ConnectionLimits{Connections: 3, Statement: 1500 * time.Millisecond})
	for setting, want := range map[string]string{
		"statement_timeout": "1500ms", "application_name": "things", "idle_in_transaction_session_timeout": "30s",
	} {
		if got := connectionState(t, db, setting); got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
	if most := db.writer.Stats().MaxOpenConnections; most != 3 {
		t.Errorf("at most %d connections; want 3", most)
	}
	named := open(t, dbtest.With(database, "application_name=mine"))
	if got := connectionState(t, named, "application_name"); got != "mine" {
		t.Errorf("application_name is %s; want mine, as the URL says", got)
	}
	if got := connectionState(t, named, "statement_timeout"); got != "0" {
		t.Errorf("statement_timeout of a command is %s; want 0", got)
	}
}

func TestAStatementThatTakesTooLongIsGivenUp(t *testing.T) {
	database := dbtest.Postgres(t)
	db := one(t, database, ConnectionLimits{Statement: 100 * time.Millisecond})

	tx, err := dbtest.Connect(t, database).BeginTx(t.Context(), nil)
	dbtest.Must(t, err)
	_, err = tx.ExecContext(t.Context(), `UPDATE things SET label = 'theirs'`)
	dbtest.Must(t, err)
	if err := update(t.Context(), db, "a", "after"); !IsUnavailable(err) {
		t.Errorf("got %v; want an unavailable database", err)
	}
	wantLabel(t, db, "before")
	dbtest.Must(t, tx.Rollback())
	dbtest.Must(t, update(t.Context(), db, "a", "after"))
}

// If all connections are in use, another request fails in time.
func TestWritersThatFindNoConnectionAreTold(t *testing.T) {
	db := one(t, dbtest.Postgres(t), ConnectionLimits{Connections: 1})
	db.turn = 50 * time.Millisecond
	taken, err := db.writer.Conn(t.Context())
	dbtest.Must(t, err)
	start := time.Now()
	if err := update(t.Context(), db, "a", "after"); !IsUnavailable(err) {
		t.Errorf("got %v after %v; want an unavailable database", err, time.Since(start))
	}
	dbtest.Must(t, taken.Close())
	db.turn = time.Minute
	dbtest.Must(t, update(t.Context(), db, "a", "after"))
}

// Tables of other programs in the database are not changed.
func TestOthersInTheDatabaseAreLeftAlone(t *testing.T) {
	database := dbtest.Postgres(t)
	_, err := dbtest.Connect(t, database).ExecContext(t.Context(), `
		CREATE TABLE theirs (name TEXT); CREATE VIEW their_view AS SELECT name FROM theirs;
		CREATE SCHEMA their_schema; CREATE TABLE their_schema.things (name TEXT)`)
	dbtest.Must(t, err)
	db := open(t, database)
	var altered int
	dbtest.Must(t, db.reader.QueryRowContext(t.Context(), `
		SELECT count(*) FROM information_schema.columns
		WHERE (table_schema = 'their_schema' OR table_name LIKE 'their%') AND collation_name = 'C'`).Scan(&altered))
	if altered > 0 {
		t.Errorf("%d columns of other tables have another order now; want 0", altered)
	}
}

// Once another host has worked, a silent host is not asked again, even if many read at once.
func TestTheHostThatWorkedIsAskedFirst(t *testing.T) {
	t.Parallel()                                                                   // it takes seconds
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // it accepts connections and sends nothing
	dbtest.Must(t, err)
	var asked atomic.Int64
	var taking sync.WaitGroup
	taking.Go(func() {
		for {
			c, err := silent.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			defer c.Close() //nolint:errcheck // it was only there to block
		}
	})
	defer taking.Wait()
	defer silent.Close() //nolint:errcheck // likewise
	good, err := url.Parse(dbtest.Postgres(t))
	dbtest.Must(t, err)
	good.Host = silent.Addr().String() + "," + good.Host
	db := open(t, dbtest.With(good.String(), "connect_timeout=2"))
	db.reader.SetMaxIdleConns(0) // each read connects anew
	dbtest.Must(t, ping(t.Context(), db))
	before := asked.Load()
	var reads sync.WaitGroup
	for range 8 {
		reads.Go(func() {
			if err := ping(t.Context(), db); err != nil {
				t.Error(err)
			}
		})
	}
	reads.Wait()
	if before == 0 {
		t.Error("the silent host was asked 0 times before 8 reads; want 1 or more")
	}
	if after := asked.Load(); after != before {
		t.Errorf("the silent host was asked %d times after 8 reads; want %d, as before them", after, before)
	}
}

func TestURLsThatDoNotWork(t *testing.T) {
	for name, database := range map[string]string{
		"no such host":                       "postgres://me:canary-secret@127.0.0.1:1/x?sslmode=disable",
		"a port that is no number":           "postgres://me:canary-secret@127.0.0.1:x/x",
		"an unknown mode":                    "postgres://me:canary-secret@127.0.0.1/x?sslmode=sometimes",
		"a bad escape":                       "postgres://me:canary-secret@127.0.0.1/%zz",
		"a wrong attribute":                  "postgres://me:canary-secret@127.0.0.1/x?target_session_attrs=any-thing",
		"no certificate":                     "postgres://me:canary-secret@127.0.0.1/x?sslmode=verify-full&sslrootcert=/nowhere",
		"digits and a slash in the password": "postgres://me:12/canary@127.0.0.1/x?sslmode=disable",
		"an @ in the password":               "postgres://me:p@canary@127.0.0.1/x?sslmode=disable",
		"an @ and a port in the password":    "postgres://me:p@canary:1/x@127.0.0.1/x?sslmode=disable",
		"a comma in the password":            "postgres://me:1,canary/x@127.0.0.1/x?sslmode=disable",
		"a password that is no parameter":    "postgres://127.0.0.1/x?Password=canary&sslmode=sometimes",
		"a password with a slash":            "postgres://me:canary-secret/x@127.0.0.1/x?sslmode=disable",
	} {
		_, err := Open(t.Context(), database, application, ConnectionLimits{})
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf(`%s: got the error %v; want one without "canary"`, name, err)
		}
	}
}

// The URL selects TLS as it does for libpq.
func TestConnectionsAreEncryptedAsTheURLSays(t *testing.T) {
	cluster, root := dbtest.NewTLSCluster(t)
	_, otherRoot := dbtest.NewTLSCluster(t)
	for query, want := range map[string]string{
		"sslmode=disable": "plain",
		"sslmode=require": "TLS",
		"":                "TLS", // sslmode=prefer
		"sslmode=verify-full&sslrootcert=" + root:      "TLS",
		"sslmode=verify-full&sslrootcert=" + otherRoot: "certificate",
		"sslmode=verify-full":                          "certificate",
	} {
		database := cluster.URL()
		database.RawQuery = query
		db, err := Open(t.Context(), database.String(), application, ConnectionLimits{})
		got := fmt.Sprint(err)
		if err == nil {
			dbtest.Must(t, db.reader.QueryRowContext(t.Context(), `
				SELECT CASE WHEN ssl THEN 'TLS' ELSE 'plain' END FROM pg_stat_ssl WHERE pid = pg_backend_pid()`).Scan(&got))
			dbtest.Must(t, db.Close())
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s; want %s in it", query, got, want)
		}
	}
}

// A connection to a primary that has become a standby is no longer used.
func TestAConnectionThatTakesNoWritesIsGivenUp(t *testing.T) {
	db := one(t, dbtest.Postgres(t), ConnectionLimits{Connections: 1})
	_, err := db.writer.ExecContext(t.Context(), `SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY`)
	dbtest.Must(t, err)
	if err := update(t.Context(), db, "a", "after"); !IsUnavailable(err) {
		t.Errorf("got %v; want an unavailable database", err)
	}
	dbtest.Must(t, update(t.Context(), db, "a", "after"))
}

// If a connection breaks between two statements of a transaction, database/sql says only that the connection is bad.
func TestABadConnectionIsNoFailureOfOurs(t *testing.T) {
	for _, err := range []error{driver.ErrBadConn, &pgconn.PgError{Code: "25P04"}, &pgconn.PgError{Code: "57P01"}, &pgconn.PgError{Code: "53300"}} {
		if err := fmt.Errorf("insert: %w", err); !IsUnavailable(err) {
			t.Errorf("IsUnavailable(%v) is false; want true", err)
		}
	}
	for _, err := range []error{&pgconn.PgError{Code: "42P01"}, &pgconn.PgError{}, errors.New("other")} {
		if IsUnavailable(err) {
			t.Errorf("IsUnavailable(%v) is true; want false", err)
		}
	}
}
