package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// The test binary also is a process that opens a database; see TestProcessesThatStartAtOnce.
const (
	openVariable     = "STORE_TEST_OPEN"
	unlockedVariable = "STORE_TEST_UNLOCKED" // the control
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
	os.Exit(m.Run())
}

func openAndClose(ctx context.Context, database string) error {
	s, err := Open(ctx, database)
	if err != nil {
		return err
	}
	return errors.Join(s.Ping(ctx), s.Close())
}

func migrateUnlocked(ctx context.Context, database string) error {
	return migrateOnly(ctx, database, false)
}

// startAtOnce starts processes that open a database, and returns what went wrong in them.
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

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// open opens a store and closes it at the end of the test.
func open(tb testing.TB, database string) *Store {
	tb.Helper()
	return openLimited(tb, database, Limits{})
}

// openLimited is open for a server.
func openLimited(tb testing.TB, database string, l Limits) *Store {
	tb.Helper()
	s, err := OpenLimited(tb.Context(), database, l)
	must(tb, err)
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// testKey is a secret key.
const testKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// unlocked opens a store with its secrets unlocked.
func unlocked(t *testing.T, database string) *Store {
	t.Helper()
	s := open(t, database)
	must(t, s.Unlock(t.Context(), testKey))
	return s
}

// newWorkspace makes a workspace and returns its id.
func newWorkspace(tb testing.TB, s *Store, name string) string {
	tb.Helper()
	k := workspace.Key{ID: newID(), Name: "test", Workspace: workspace.Workspace{ID: newID(), Name: name}, CreatedAt: time.Now()}
	_, err := s.InsertKey(tb.Context(), k, newID(), false)
	must(tb, err)
	return k.Workspace.ID
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func insert(t *testing.T, s *Store, workspaceID, number string) phone.Number {
	t.Helper()
	n := phone.Number{ID: newID(), Number: number, Type: phone.PSTN}
	must(t, s.InsertNumber(t.Context(), workspaceID, n, nil, phone.Claim{}))
	return n
}

// link is the change that links a number.
func link(agentID string) phone.Change { return phone.Change{AgentID: &agentID} }

func TestADatabaseOfANewerVersionIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		database := newDB(t)
		s := open(t, database)
		_, err := s.writer.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, TRUE)`)
		must(t, err)
		must(t, s.Close())
		if s, err := Open(t.Context(), database); err == nil || !strings.Contains(err.Error(), "newer version") {
			t.Errorf("opened %v, %v", s, err)
		}
	})
}

// Of a caller who has hung up, the error says so, wherever in the transaction it was.
func TestAHangUpIsNoFailureOfTheDatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := unlocked(t, newDB(t))
		w := newWorkspace(t, s, "w")
		n := insert(t, s, w, "+14155550100")
		for i := range 300 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Duration(i)*10*time.Microsecond, cancel)
			_, err := s.UpdateNumber(ctx, w, n.ID, link(fmt.Sprint(i)))
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("after %d: %v", i, err)
			}
		}
		if _, err := s.UpdateNumber(t.Context(), w, n.ID, link("last")); err != nil {
			t.Error(err)
		}
	})
}

func TestNumbersOfAnotherWorkspaceAreOutOfReach(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := unlocked(t, newDB(t))
		mine, theirs := newWorkspace(t, s, "mine"), newWorkspace(t, s, "theirs")
		n := insert(t, s, theirs, "+14155550100")
		for name, call := range map[string]func() error{
			"get":    func() error { _, err := s.Number(t.Context(), mine, n.ID); return err },
			"link":   func() error { _, err := s.UpdateNumber(t.Context(), mine, n.ID, link("a")); return err },
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
	})
}

func TestInventory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := unlocked(t, newDB(t))
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
	})
}

func TestALargeImportIsOneTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := unlocked(t, newDB(t))
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
	})
}

// Imports at once, each with its rows in another order, wait for each other and not in a circle.
func TestImportsAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := open(t, newDB(t))
		var numbers []string
		for i := range 2000 {
			numbers = append(numbers, fmt.Sprintf("+1415%07d", i))
		}
		var imports sync.WaitGroup
		for i := range 8 {
			imports.Go(func() {
				mine := slices.Clone(numbers)
				rand.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
				if _, err := s.AddToInventory(t.Context(), slices.Values(mine), i%2 == 0); err != nil {
					t.Error(err)
				}
			})
		}
		imports.Wait()
		if forSale, err := s.NumbersForSale(t.Context(), "+1", 10_000); err != nil || !slices.Equal(forSale, numbers) {
			t.Errorf("%d are for sale, %v", len(forSale), err)
		}
	})
}

func TestOneFirstKeyWhoeverStarts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		for range 5 {
			s := open(t, newDB(t))
			var made [16]bool
			var connected, starts sync.WaitGroup
			connected.Add(len(made))
			for i := range made {
				starts.Go(func() {
					err := s.Ping(t.Context())
					connected.Done()
					connected.Wait() // all have a connection, and start together
					k := workspace.Key{ID: newID(), Name: "first", Workspace: workspace.Workspace{ID: newID(), Name: "default"}, CreatedAt: time.Now()}
					if err == nil {
						made[i], err = s.InsertKey(t.Context(), k, newID(), true)
					}
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
	})
}

// everyFilter has each kind of list.
func everyFilter() map[string]phone.Filter {
	agent := "agent_7"
	return map[string]phone.Filter{
		"all": {}, "number": {Number: "+14155550100"}, "agent": {AgentID: &agent}, "not linked": {AgentID: new(string)},
		"type": {Type: phone.PSTN}, "rare type": {Type: phone.SIPUsername}, "agent and type": {AgentID: &agent, Type: phone.PSTN},
	}
}
