package sqldb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// application has the tables of the tests.
var application = Application{
	Name: "things",
	Migrations: fstest.MapFS{
		"migrations/00001_init.sql": {Data: []byte(`-- +goose Up
			CREATE TABLE owners (id TEXT NOT NULL PRIMARY KEY);
			CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, label TEXT NOT NULL, size BIGINT);
			CREATE INDEX things_by_label ON things (label);`)},
		"migrations/00002_price.sql": {Data: []byte(`-- +goose Up
			ALTER TABLE things ADD COLUMN price TEXT NOT NULL DEFAULT '';`)},
	},
	Tables: []string{"owners", "things"},
	Lock:   1,
}

// With these variables, the test binary opens a database and ends; see
// TestProcessesThatStartAtOnce.
const (
	openVariable     = "SQLDB_TEST_OPEN"
	unlockedVariable = "SQLDB_TEST_UNLOCKED" // the control
)

func TestMain(m *testing.M) {
	if database := os.Getenv(openVariable); database != "" {
		start := openAndClose
		if os.Getenv(unlockedVariable) != "" {
			start = migrateUnlocked
		}
		if err := start(context.Background(), database); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if database := os.Getenv(writeVariable); database != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(context.Background(), database, os.Getenv(earlyVariable) != ""))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func openAndClose(ctx context.Context, database string) error {
	db, err := Open(ctx, database, application, ConnectionLimits{})
	if err != nil {
		return err
	}
	return errors.Join(ping(ctx, db), db.Close())
}

func migrateUnlocked(ctx context.Context, database string) error {
	return migrateOnly(ctx, database, false)
}

// startAtOnce starts processes that open a database, and returns their errors.
func startAtOnce(t *testing.T, processes int, environment ...string) []string {
	t.Helper()
	failures := make(chan string, processes)
	var running sync.WaitGroup
	for range processes {
		running.Go(func() {
			command := exec.CommandContext(t.Context(), os.Args[0])
			command.Env = append(os.Environ(), environment...)
			command.Env = append(command.Env, "GORACE=atexit_sleep_ms=0")
			if output, err := command.CombinedOutput(); err != nil {
				failures <- fmt.Sprintf("%v: %s", err, output)
			}
		})
	}
	running.Wait()
	close(failures)
	var texts []string
	for failure := range failures {
		texts = append(texts, failure)
	}
	return texts
}

// open opens a database and closes it at the end of the test.
func open(tb testing.TB, database string) *DB {
	tb.Helper()
	return openLimited(tb, database, ConnectionLimits{})
}

// openLimited is like open, with limits for a server.
func openLimited(tb testing.TB, database string, l ConnectionLimits) *DB {
	tb.Helper()
	l.Turn = cmp.Or(l.Turn, time.Minute) // the default is too short for a busy machine
	db, err := Open(tb.Context(), database, application, l)
	dbtest.Must(tb, err)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func ping(ctx context.Context, db *DB) error {
	_, err := labels(ctx, db)
	return err
}

// labels returns the labels of all things.
func labels(ctx context.Context, db *DB) ([]string, error) {
	return Read(ctx, db, ScanString, `SELECT label FROM things ORDER BY id`)
}

func insert(ctx context.Context, db *DB, id, label string) error {
	_, err := WriteOne(ctx, db, ScanString, `INSERT INTO things (id, label) VALUES ($1, $2) RETURNING id`, id, label)
	return err
}

func update(ctx context.Context, db *DB, id, label string) error {
	updated, err := WriteOne(ctx, db, ScanString, `UPDATE things SET label = $2 WHERE id = $1 RETURNING id`, id, label)
	_, err = Only(updated, err, errors.New("no such thing"))
	return err
}

// one opens a database with one thing in it: "a", with the label "before".
func one(t *testing.T, database string, l ConnectionLimits) *DB {
	t.Helper()
	db := openLimited(t, database, l)
	dbtest.Must(t, insert(t.Context(), db, "a", "before"))
	return db
}

// wantLabel checks the label of the thing that one created.
func wantLabel(t *testing.T, db *DB, want string) {
	t.Helper()
	got, err := labels(t.Context(), db)
	dbtest.Must(t, err)
	if len(got) == 0 || got[0] != want {
		t.Errorf("got the labels %q; want %q first", got, want)
	}
}

func TestADatabaseOfANewerVersionIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		database := newDB(t)
		db := open(t, database)
		_, err := db.writer.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, TRUE)`)
		dbtest.Must(t, err)
		dbtest.Must(t, db.Close())
		if _, err := Open(t.Context(), database, application, ConnectionLimits{}); err == nil || !strings.Contains(err.Error(), "newer version") {
			t.Errorf(`got the error %v; want "newer version" in it`, err)
		}
	})
}
