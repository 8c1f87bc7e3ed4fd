package sqldb

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// These tests are only for SQLite: files, the WAL, one writer.

func TestProcessesThatStartAtOnceOnSQLite(t *testing.T) {
	path := dbtest.SQLite(t)
	for _, failure := range startAtOnce(t, 8, openVariable+"="+path) {
		t.Error(failure)
	}
	dbtest.Must(t, ping(t.Context(), open(t, path)))
}

func TestPathsAreTakenAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a b.db", "what?.db", "50%41.db", "a#b.db", "a&_txlock=x.db"} {
		dbtest.Must(t, ping(t.Context(), open(t, filepath.Join(dir, name))))
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	dbtest.Must(t, os.WriteFile(text, []byte(strings.Repeat("no database ", 100)), 0o600))
	for _, path := range []string{text, dir, filepath.Join(dir, "missing", "x.db")} {
		if _, err := Open(t.Context(), path, application, ConnectionLimits{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("got the error %v; want %q in it", err, path)
		}
	}
}

// A database in memory has one connection. A caller that waited for a second one would wait forever.
func TestInMemoryReadsAndWritesTakeTurns(t *testing.T) {
	db := open(t, InMemory)
	var callers sync.WaitGroup
	for i := range 16 {
		callers.Go(func() {
			id := fmt.Sprint(i)
			if err := insert(t.Context(), db, id, "before"); err != nil {
				t.Errorf("insert: got %v; want no error", err)
			}
			for range 20 {
				if err := update(t.Context(), db, id, "after"); err != nil {
					t.Errorf("update: got %v; want no error", err)
				}
				if err := ping(t.Context(), db); err != nil {
					t.Errorf("ping: got %v; want no error", err)
				}
			}
		})
	}
	callers.Wait()
}

// If a statement is not read to its end, its read transaction stays open, and the WAL grows forever.
func TestTheWALStaysSmall(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.SQLite(t), ConnectionLimits{})
	for i := range 4000 {
		dbtest.Must(t, update(t.Context(), db, "a", fmt.Sprint(i)))
		dbtest.Must(t, ping(t.Context(), db))
	}
	info, err := os.Stat(db.name + "-wal")
	dbtest.Must(t, err)
	const most = 8 << 20 // a checkpoint starts at 1,000 pages of 4 KiB
	if info.Size() > most {
		t.Errorf("the WAL has %d bytes; want %d or fewer", info.Size(), most)
	}
}

func TestAFullDatabaseRefusesWritesAndReadsOn(t *testing.T) {
	db := one(t, dbtest.SQLite(t), ConnectionLimits{})
	var pages int
	dbtest.Must(t, db.writer.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&pages))
	limit := func(pages int) {
		var now int
		dbtest.Must(t, db.writer.QueryRowContext(t.Context(), fmt.Sprintf(`PRAGMA max_page_count = %d`, pages)).Scan(&now))
	}
	limit(pages)

	var err error
	for i := 0; err == nil && i < 10_000; i++ {
		err = insert(t.Context(), db, fmt.Sprintf("b%07d", i), strings.Repeat("long ", 20))
	}
	if !IsUnavailable(err) {
		t.Fatalf("got %v; want an unavailable database", err)
	}
	wantLabel(t, db, "before")
	limit(pages + 1000)
	dbtest.Must(t, insert(t.Context(), db, "c", "after"))
}

func TestALockedDatabaseRefusesWritesAndReadsOn(t *testing.T) {
	db := one(t, dbtest.SQLite(t), ConnectionLimits{})
	_, err := db.writer.ExecContext(t.Context(), `PRAGMA busy_timeout = 20`)
	dbtest.Must(t, err)

	tx, err := dbtest.Connect(t, db.name).BeginTx(t.Context(), nil)
	dbtest.Must(t, err)
	if err := update(t.Context(), db, "a", "after"); !IsUnavailable(err) {
		t.Errorf("got %v; want an unavailable database", err)
	}
	wantLabel(t, db, "before")
	dbtest.Must(t, tx.Rollback())
	dbtest.Must(t, update(t.Context(), db, "a", "after"))
}

// If many writers find the database locked, each fails in time. The wait of one writer does not include the waits of the others.
func TestWritersDoNotQueueForALockThatStays(t *testing.T) {
	t.Parallel() // it takes seconds
	db := one(t, dbtest.SQLite(t), ConnectionLimits{Turn: DefaultTurn})
	tx, err := dbtest.Connect(t, db.name).BeginTx(t.Context(), nil)
	dbtest.Must(t, err)
	start := time.Now()
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			if err := update(t.Context(), db, "a", "after"); !IsUnavailable(err) {
				t.Errorf("got %v; want an unavailable database", err)
			}
		})
	}
	writers.Wait()
	const most = 20 * time.Second // one after another, they would take 40 seconds
	if took := time.Since(start); took > most {
		t.Errorf("the last writer failed after %v; want %v or less", took, most)
	}
	dbtest.Must(t, tx.Rollback())
}

func TestEveryConnectionToSQLiteIsSafe(t *testing.T) {
	for unsynced, synchronous := range map[bool]string{false: "2", true: "1"} {
		db := openLimited(t, dbtest.SQLite(t), ConnectionLimits{Unsynced: unsynced})
		for name, pool := range map[string]*sql.DB{"reader": db.reader, "writer": db.writer} {
			for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": synchronous, "foreign_keys": "1", "busy_timeout": "5000"} {
				var got string
				if err := pool.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s: %s is %s, %v; want %s", name, pragma, got, err, want)
				}
			}
		}
	}
}
