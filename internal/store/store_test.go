package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("STORE_TEST_OPEN"); path != "" { // see TestProcessesThatStartAtOnce
		s, err := Open(context.Background(), path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_ = s.Close()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// open opens a store and closes it at the end of the test.
func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// unlocked opens a new store with its secrets unlocked.
func unlocked(t *testing.T) *Store {
	t.Helper()
	s := open(t, filepath.Join(t.TempDir(), "test.db"))
	must(t, s.Unlock(t.Context(), ""))
	return s
}

// newWorkspace makes a workspace and returns its id.
func newWorkspace(t *testing.T, s *Store, name string) string {
	t.Helper()
	k := workspace.Key{ID: newID(), Name: "test", Workspace: workspace.Workspace{ID: newID(), Name: name}, CreatedAt: time.Now()}
	_, err := s.InsertKey(t.Context(), k, newID(), false)
	must(t, err)
	return k.Workspace.ID
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func insert(t *testing.T, s *Store, workspaceID, number string) phone.Number {
	t.Helper()
	n := phone.Number{ID: newID(), Number: number, Type: phone.PSTN}
	must(t, s.InsertNumber(t.Context(), workspaceID, n, nil, phone.Claim{}))
	return n
}

func TestProcessesThatStartAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.db")
	var processes sync.WaitGroup
	for range 8 {
		processes.Go(func() {
			command := exec.CommandContext(t.Context(), os.Args[0])
			command.Env = append(os.Environ(), "STORE_TEST_OPEN="+path)
			if output, err := command.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
	processes.Wait()
	must(t, open(t, path).Ping(t.Context()))
}

func TestADatabaseOfANewerVersionIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	s := open(t, path)
	_, err := s.writer.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
	must(t, err)
	must(t, s.Close())
	if s, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("opened %v, %v", s, err)
	}
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
				_, err := s.LinkNumber(t.Context(), w, n.ID, "agent")
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
	s := unlocked(t)
	w := newWorkspace(t, s, "w")
	n := insert(t, s, w, "+14155550100")
	for i := range 4000 {
		_, err := s.LinkNumber(t.Context(), w, n.ID, fmt.Sprint(i))
		must(t, err)
		_, err = s.Number(t.Context(), w, n.ID)
		must(t, err)
	}
	info, err := os.Stat(s.path + "-wal")
	must(t, err)
	const most = 8 << 20 // it is checkpointed from 1,000 pages of 4 KiB on
	if info.Size() > most {
		t.Errorf("the WAL has %d bytes", info.Size())
	}
}

func TestAFullDatabaseRefusesWritesAndReadsOn(t *testing.T) {
	s := unlocked(t)
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
	s := unlocked(t)
	w := newWorkspace(t, s, "w")
	n := insert(t, s, w, "+14155550100")
	_, err := s.writer.ExecContext(t.Context(), `PRAGMA busy_timeout = 20`)
	must(t, err)

	other := open(t, s.path)
	tx, err := other.writer.BeginTx(t.Context(), nil)
	must(t, err)
	if _, err := s.LinkNumber(t.Context(), w, n.ID, "agent"); !errors.Is(err, phone.ErrStorageUnavailable) {
		t.Errorf("got %v", err)
	}
	if got, err := s.Number(t.Context(), w, n.ID); err != nil || got != n {
		t.Errorf("read %+v, %v", got, err)
	}
	must(t, tx.Rollback())
	_, err = s.LinkNumber(t.Context(), w, n.ID, "agent")
	must(t, err)
}

// Many writers that find the database locked are all told so in time; none waits for the others' waits.
func TestWritersDoNotQueueForALockThatStays(t *testing.T) {
	t.Parallel() // it waits for seconds
	s := unlocked(t)
	w := newWorkspace(t, s, "w")
	n := insert(t, s, w, "+14155550100")
	other := open(t, s.path)
	tx, err := other.writer.BeginTx(t.Context(), nil)
	must(t, err)
	start := time.Now()
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			if _, err := s.LinkNumber(t.Context(), w, n.ID, "agent"); !errors.Is(err, phone.ErrStorageUnavailable) {
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

// Of a caller who has hung up, the error says so, wherever in the transaction it was.
func TestAHangUpIsNoFailureOfTheDatabase(t *testing.T) {
	s := unlocked(t)
	w := newWorkspace(t, s, "w")
	n := insert(t, s, w, "+14155550100")
	for i := range 300 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*10*time.Microsecond)
		_, err := s.LinkNumber(ctx, w, n.ID, fmt.Sprint(i))
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %d: %v", i, err)
		}
	}
	if _, err := s.LinkNumber(t.Context(), w, n.ID, "last"); err != nil {
		t.Error(err)
	}
}

func TestEveryConnectionIsSafe(t *testing.T) {
	s := unlocked(t)
	for name, db := range map[string]*sql.DB{"reader": s.reader, "writer": s.writer} {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
			var got string
			if err := db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s is %s, %v; want %s", name, pragma, got, err, want)
			}
		}
	}
}

func TestEveryListUsesAnIndexAndSortsNothing(t *testing.T) {
	s := unlocked(t)
	agent := "agent"
	for name, f := range map[string]phone.Filter{
		"all": {}, "number": {Number: "+14155550100"}, "agent": {AgentID: &agent}, "type": {Type: phone.PSTN},
		"agent and type": {AgentID: &agent, Type: phone.PSTN},
	} {
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

func TestNumbersOfAnotherWorkspaceAreOutOfReach(t *testing.T) {
	s := unlocked(t)
	mine, theirs := newWorkspace(t, s, "mine"), newWorkspace(t, s, "theirs")
	n := insert(t, s, theirs, "+14155550100")
	for name, call := range map[string]func() error{
		"get":    func() error { _, err := s.Number(t.Context(), mine, n.ID); return err },
		"link":   func() error { _, err := s.LinkNumber(t.Context(), mine, n.ID, "a"); return err },
		"delete": func() error { _, err := s.DeleteNumber(t.Context(), mine, n.ID); return err },
	} {
		if err := call(); !errors.Is(err, phone.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := s.Numbers(t.Context(), mine, phone.Filter{Number: n.Number}, "", 10); err != nil || len(list) > 0 {
		t.Errorf("listed %v, %v", list, err)
	}
	if got, err := s.Number(t.Context(), theirs, n.ID); err != nil || got != n {
		t.Errorf("theirs is %+v, %v", got, err)
	}
}

func TestInventory(t *testing.T) {
	s := unlocked(t)
	w := newWorkspace(t, s, "w")
	forSale := func(prefix string) []string {
		t.Helper()
		numbers, err := s.NumbersForSale(t.Context(), prefix, 3)
		must(t, err)
		return numbers
	}
	want := func(prefix string, numbers ...string) {
		t.Helper()
		if got := forSale(prefix); !slices.Equal(got, numbers) {
			t.Errorf("%s: for sale are %q; want %q", prefix, got, numbers)
		}
	}
	fill := func(numbers ...string) bool {
		t.Helper()
		filled, err := s.FillInventory(t.Context(), slices.Values(numbers))
		must(t, err)
		return filled
	}

	if !fill("+14155550103", "+14155550101", "+14155550100", "+14165550100", "+14155550102") {
		t.Error("an empty inventory was not filled")
	}
	if fill("+442079460000") {
		t.Error("the inventory was filled twice")
	}
	want("+1415", "+14155550100", "+14155550101", "+14155550102")
	want("+14155550103", "+14155550103")
	want("+144")

	owned := insert(t, s, w, "+14155550100")
	want("+1415", "+14155550101", "+14155550102", "+14155550103")
	_, err := s.DeleteNumber(t.Context(), w, owned.ID)
	must(t, err)
	want("+1415", "+14155550100", "+14155550101", "+14155550102")

	owned = insert(t, s, w, "+14155550100")
	added, err := s.AddToInventory(t.Context(), slices.Values([]string{"+14155550199", "+14155550103"}), false)
	if err != nil || added != 1 {
		t.Errorf("added %d, %v", added, err)
	}
	added, err = s.AddToInventory(t.Context(), slices.Values([]string{"+14165550199"}), true)
	if err != nil || added != 1 {
		t.Errorf("added %d, %v", added, err)
	}
	want("+1", "+14165550199")
	_, err = s.DeleteNumber(t.Context(), w, owned.ID)
	must(t, err)
	want("+1", "+14165550199")
	if fill("+14155550100") {
		t.Error("what was replaced away has come back")
	}
}

func TestALargeImportIsOneTransaction(t *testing.T) {
	s := unlocked(t)
	failing := func(yield func(string) bool) {
		for i := range 2*rowsPerInsert + 1 {
			if !yield(fmt.Sprintf("+1415%07d", i)) {
				return
			}
		}
		panic("the source broke")
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = s.AddToInventory(t.Context(), failing, true)
	}()
	if numbers, err := s.NumbersForSale(t.Context(), "+1", 10); err != nil || len(numbers) > 0 {
		t.Errorf("for sale are %q, %v", numbers, err)
	}
}

func TestOneFirstKeyWhoeverStarts(t *testing.T) {
	s := unlocked(t)
	var made [16]bool
	var starts sync.WaitGroup
	for i := range made {
		starts.Go(func() {
			k := workspace.Key{ID: newID(), Name: "first", Workspace: workspace.Workspace{ID: newID(), Name: "default"}, CreatedAt: time.Now()}
			var err error
			made[i], err = s.InsertKey(t.Context(), k, newID(), true)
			if err != nil {
				t.Error(err)
			}
		})
	}
	starts.Wait()
	keys, err := s.Keys(t.Context())
	must(t, err)
	count := 0
	for _, m := range made {
		if m {
			count++
		}
	}
	if len(keys) != 1 || count != 1 {
		t.Errorf("%d keys, %d starts made one", len(keys), count)
	}
}
