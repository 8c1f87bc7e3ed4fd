package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

// What is SQLite's own: files, the WAL, one writer, and the key file.

func TestProcessesThatStartAtOnceOnSQLite(t *testing.T) {
	path := dbtest.SQLite(t)
	for _, failure := range startAtOnce(t, 8, openVariable+"="+path) {
		t.Error(failure)
	}
	must(t, open(t, path).Ping(t.Context()))
}

func TestPathsAreTakenAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a b.db", "what?.db", "50%41.db", "a#b.db", "a&_txlock=x.db"} {
		must(t, open(t, filepath.Join(dir, name)).Ping(t.Context()))
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	must(t, os.WriteFile(text, []byte(strings.Repeat("no database ", 100)), 0o600))
	for _, path := range []string{text, dir, filepath.Join(dir, "missing", "x.db")} {
		if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// In memory there is one connection for all: what waits for a second one would wait for ever.
func TestInMemoryReadsAndWritesTakeTurns(t *testing.T) {
	s := open(t, ":memory:")
	must(t, s.Unlock(t.Context(), ""))
	w := newWorkspace(t, s, "w")
	var callers sync.WaitGroup
	for i := range 16 {
		callers.Go(func() {
			n := insert(t, s, w, fmt.Sprintf("+1415555%04d", i))
			for range 20 {
				_, err := s.UpdateNumber(t.Context(), w, n.ID, link("agent"))
				if _, readErr := s.Numbers(t.Context(), w, phone.Filter{}, "", 10); err != nil || readErr != nil {
					t.Error(err, readErr)
				}
			}
		})
	}
	callers.Wait()
}

// A statement that is not read to its end keeps its read transaction, and the WAL grows without end.
func TestTheWALStaysSmall(t *testing.T) {
	s := unlocked(t, dbtest.SQLite(t))
	w := newWorkspace(t, s, "w")
	n := insert(t, s, w, "+14155550100")
	for i := range 4000 {
		_, err := s.UpdateNumber(t.Context(), w, n.ID, link(fmt.Sprint(i)))
		must(t, err)
		_, err = s.Number(t.Context(), w, n.ID)
		must(t, err)
	}
	info, err := os.Stat(s.name + "-wal")
	must(t, err)
	const most = 8 << 20 // it is checkpointed from 1,000 pages of 4 KiB on
	if info.Size() > most {
		t.Errorf("the WAL has %d bytes", info.Size())
	}
}

func TestAFullDatabaseRefusesWritesAndReadsOn(t *testing.T) {
	s := unlocked(t, dbtest.SQLite(t))
	w := newWorkspace(t, s, "w")
	n := insert(t, s, w, "+14155550100")
	var pages int
	must(t, s.writer.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&pages))
	limit := func(pages int) {
		var now int
		must(t, s.writer.QueryRowContext(t.Context(), fmt.Sprintf(`PRAGMA max_page_count = %d`, pages)).Scan(&now))
	}
	limit(pages)

	var err error
	for i := 0; err == nil && i < 10_000; i++ {
		err = s.InsertNumber(t.Context(), w, phone.Number{ID: newID(), Number: fmt.Sprintf("+1415%07d", i), Type: phone.PSTN}, nil, phone.Claim{})
	}
	if !errors.Is(err, phone.ErrStorageUnavailable) {
		t.Fatalf("got %v", err)
	}
	if got, err := s.Number(t.Context(), w, n.ID); err != nil || got != n {
		t.Errorf("read %+v, %v", got, err)
	}
	limit(pages + 1000)
	insert(t, s, w, "+14165550100")
}

func TestALockedDatabaseRefusesWritesAndReadsOn(t *testing.T) {
	s := unlocked(t, dbtest.SQLite(t))
	w := newWorkspace(t, s, "w")
	n := insert(t, s, w, "+14155550100")
	_, err := s.writer.ExecContext(t.Context(), `PRAGMA busy_timeout = 20`)
	must(t, err)

	other := open(t, s.name)
	tx, err := other.writer.BeginTx(t.Context(), nil)
	must(t, err)
	if _, err := s.UpdateNumber(t.Context(), w, n.ID, link("agent")); !errors.Is(err, phone.ErrStorageUnavailable) {
		t.Errorf("got %v", err)
	}
	if got, err := s.Number(t.Context(), w, n.ID); err != nil || got != n {
		t.Errorf("read %+v, %v", got, err)
	}
	must(t, tx.Rollback())
	_, err = s.UpdateNumber(t.Context(), w, n.ID, link("agent"))
	must(t, err)
}

// Many writers that find the database locked are all told so in time; none waits for the others' waits.
func TestWritersDoNotQueueForALockThatStays(t *testing.T) {
	t.Parallel() // it waits for seconds
	s := unlocked(t, dbtest.SQLite(t))
	w := newWorkspace(t, s, "w")
	n := insert(t, s, w, "+14155550100")
	other := open(t, s.name)
	tx, err := other.writer.BeginTx(t.Context(), nil)
	must(t, err)
	start := time.Now()
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			if _, err := s.UpdateNumber(t.Context(), w, n.ID, link("agent")); !errors.Is(err, phone.ErrStorageUnavailable) {
				t.Errorf("got %v", err)
			}
		})
	}
	writers.Wait()
	if took := time.Since(start); took > 20*time.Second { // one after the other they would take 40
		t.Errorf("the last one was told after %v", took)
	}
	must(t, tx.Rollback())
}

func TestPasswordsAreNotInTheFiles(t *testing.T) {
	s := unlocked(t, dbtest.SQLite(t))
	w := newWorkspace(t, s, "w")
	const password = "canary-7f3a9c"
	insertSIP(t, s, w, "support", password)
	for _, path := range []string{s.name, s.name + "-wal"} {
		content, err := os.ReadFile(path)
		must(t, err)
		if bytes.Contains(content, []byte(password)) {
			t.Errorf("%s has the password", path)
		}
		if path == s.name+"-wal" && !bytes.Contains(content, []byte("support")) {
			t.Error("the WAL does not have the row: the search finds nothing because it looks in the wrong place")
		}
	}
}

func TestTheKeyFileIsMadeForItsOwnerOnly(t *testing.T) {
	s := unlockedByFile(t)
	info, err := os.Stat(s.name + ".key")
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v", info.Mode())
	}
	left, err := filepath.Glob(s.name + ".key.*")
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestKeyFilesThatAreMadeAtOnceAreOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	stores := make([]*Store, 8)
	for i := range stores {
		stores[i] = open(t, path)
	}
	failed := make(chan error)
	for _, s := range stores {
		go func() { failed <- s.Unlock(context.Background(), "") }()
	}
	for range stores {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	for _, s := range stores {
		if !slices.Equal(s.secrets.ids(), stores[0].secrets.ids()) {
			t.Errorf("keys %q and %q", s.secrets.ids(), stores[0].secrets.ids())
		}
	}
}

func TestEveryConnectionToSQLiteIsSafe(t *testing.T) {
	s := unlocked(t, dbtest.SQLite(t))
	for name, db := range map[string]*sql.DB{"reader": s.reader, "writer": s.writer} {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
			var got string
			if err := db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s is %s, %v; want %s", name, pragma, got, err, want)
			}
		}
	}
}

func TestEveryListOfSQLiteUsesAnIndexAndSortsNothing(t *testing.T) {
	s := unlocked(t, dbtest.SQLite(t))
	for name, f := range everyFilter() {
		query, args := numbersQuery("w", f, "", 10)
		rows, err := s.reader.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
		plan, err := all(rows, err, func(rows *sql.Rows) (string, error) {
			var id, parent, unused int
			var detail string
			err := rows.Scan(&id, &parent, &unused, &detail)
			return detail, err
		})
		must(t, err)
		if text := strings.Join(plan, "; "); !strings.Contains(text, "USING") || strings.Contains(text, "SCAN") || strings.Contains(text, "TEMP B-TREE") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// unlockedByFile opens a new store with the key from the file beside it.
func unlockedByFile(t *testing.T) *Store {
	t.Helper()
	s := open(t, dbtest.SQLite(t))
	must(t, s.Unlock(t.Context(), ""))
	return s
}
