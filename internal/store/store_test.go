package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// link is the change that links a number.
func link(agentID string) phone.Change { return phone.Change{AgentID: &agentID} }

// Of a caller who has hung up, the error says so, wherever in the transaction it was.
func TestAHangUpIsNoFailureOfTheDatabase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		w := storetest.NewWorkspace(t, s, "w")
		n := storetest.Insert(t, s, w, "+14155550100")
		for i := range 300 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Duration(i)*10*time.Microsecond, cancel)
			_, err := s.UpdateNumber(ctx, w, n.ID, link(fmt.Sprint(i)))
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("after %d: got %v; want %v or none", i, err, context.Canceled)
			}
		}
		if _, err := s.UpdateNumber(t.Context(), w, n.ID, link("last")); err != nil {
			t.Errorf("after all: got %v; want no error", err)
		}
	})
}

// A server gives each request enough time for a database that is well.
func TestADatabaseThatTakesTooLongIsUnavailable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		w := storetest.NewWorkspace(t, s, "w")
		late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		n := phone.Number{ID: storetest.NewID(), Number: "+14155550100", Type: phone.PSTN}
		for what, call := range map[string]func() error{
			"read":      func() error { _, err := s.Number(late, w, n.ID); return err },
			"insert":    func() error { return s.InsertNumber(late, w, n, nil, phone.Claim{}) },
			"update":    func() error { _, err := s.UpdateNumber(late, w, n.ID, link("agent")); return err },
			"readiness": func() error { return s.Ping(late) },
		} {
			if err := call(); !errors.Is(err, phone.ErrStorageUnavailable) {
				t.Errorf("%s: got %v; want %v", what, err, phone.ErrStorageUnavailable)
			}
		}
	})
}

func TestNumbersOfAnotherWorkspaceAreOutOfReach(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		mine, theirs := storetest.NewWorkspace(t, s, "mine"), storetest.NewWorkspace(t, s, "theirs")
		n := storetest.Insert(t, s, theirs, "+14155550100")
		for name, call := range map[string]func() error{
			"get":    func() error { _, err := s.Number(t.Context(), mine, n.ID); return err },
			"link":   func() error { _, err := s.UpdateNumber(t.Context(), mine, n.ID, link("a")); return err },
			"delete": func() error { _, err := s.DeleteNumber(t.Context(), mine, n.ID); return err },
		} {
			if err := call(); !errors.Is(err, phone.ErrNotFound) {
				t.Errorf("%s: got %v; want %v", name, err, phone.ErrNotFound)
			}
		}
		if list, err := s.Numbers(t.Context(), mine, phone.Filter{Number: n.Number}, "", 10); err != nil || len(list) > 0 {
			t.Errorf("listed %v, %v; want none", list, err)
		}
		if got, err := s.Number(t.Context(), theirs, n.ID); err != nil || got != n {
			t.Errorf("theirs is %+v, %v; want %+v", got, err, n)
		}
	})
}

func TestInventory(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		w := storetest.NewWorkspace(t, s, "w")
		forSale := func(prefix string) []string {
			t.Helper()
			numbers, err := s.NumbersForSale(t.Context(), prefix, 3)
			dbtest.Must(t, err)
			return numbers
		}
		want := func(prefix string, numbers ...string) {
			t.Helper()
			if got := forSale(prefix); !slices.Equal(got, numbers) {
				t.Errorf("%s: for sale are %q; want %q", prefix, got, numbers)
			}
		}
		_, err := s.AddToInventory(t.Context(), slices.Values([]string{"+14155550103", "+14155550101", "+14155550100", "+14165550100", "+14155550102"}), true)
		dbtest.Must(t, err)
		want("+1415", "+14155550100", "+14155550101", "+14155550102")
		want("+14155550103", "+14155550103")
		want("+144")

		owned := storetest.Insert(t, s, w, "+14155550100")
		want("+1415", "+14155550101", "+14155550102", "+14155550103")
		_, err = s.DeleteNumber(t.Context(), w, owned.ID)
		dbtest.Must(t, err)
		want("+1415", "+14155550100", "+14155550101", "+14155550102")

		owned = storetest.Insert(t, s, w, "+14155550100")
		added, err := s.AddToInventory(t.Context(), slices.Values([]string{"+14155550199", "+14155550103"}), false)
		if err != nil || added != 1 {
			t.Errorf("added %d, %v; want 1", added, err)
		}
		added, err = s.AddToInventory(t.Context(), slices.Values([]string{"+14165550199"}), true)
		if err != nil || added != 1 {
			t.Errorf("added %d, %v; want 1", added, err)
		}
		want("+1", "+14165550199")
		_, err = s.DeleteNumber(t.Context(), w, owned.ID)
		dbtest.Must(t, err)
		want("+1", "+14165550199")
	})
}

func TestFictionalNumbersAreForSaleUntilTheyAreReplaced(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		w := storetest.NewWorkspace(t, s, "w")
		want := func(prefix string, limit int, numbers ...string) {
			t.Helper()
			got, err := s.NumbersForSale(t.Context(), prefix, limit)
			if err != nil || !slices.Equal(got, numbers) {
				t.Errorf("%s: for sale are %q, %v; want %q", prefix, got, err, numbers)
			}
			for _, number := range numbers {
				if offers, err := s.Offers(t.Context(), number); err != nil || !offers {
					t.Errorf("%s: offers is %t, %v; want true", number, offers, err)
				}
			}
		}
		add := func(replace bool, want int64, numbers ...string) {
			t.Helper()
			if added, err := s.AddToInventory(t.Context(), slices.Values(numbers), replace); err != nil || added != want {
				t.Errorf("added %d of %q, %v; want %d", added, numbers, err, want)
			}
		}

		want("+1415", 2, "+14155550100", "+14155550101")
		want("+1415555019", 100, "+14155550190", "+14155550191", "+14155550192", "+14155550193", "+14155550194",
			"+14155550195", "+14155550196", "+14155550197", "+14155550198", "+14155550199")
		want("+1", 1, "+12015550100")
		want("+442079460999", 2, "+442079460999")
		want("+14155550200", 2)

		storetest.Insert(t, s, w, "+14155550100")
		owned := storetest.Insert(t, s, w, "+14155550102")
		want("+1415", 2, "+14155550101", "+14155550103")
		for i := range 100 {
			storetest.Insert(t, s, w, fmt.Sprintf("+1201555%04d", 100+i))
		}
		want("+1201", 2)
		want("+1", 2, "+12025550100", "+12025550101")

		add(false, 3, "+14150000001", "+14155550104", "+14155550200", "+12019999999", "+14155550100")
		want("+1415", 3, "+14150000001", "+14155550101", "+14155550103")
		want("+1", 2, "+12019999999", "+12025550100")
		want("+141555502", 2, "+14155550200")
		if offers, err := s.Offers(t.Context(), "+14155550201"); err != nil || offers {
			t.Errorf("a number that is not fictional: offers is %t, %v; want false", offers, err)
		}

		add(true, 2, "+14155550102", "+14155550300")
		want("+1", 3, "+14155550300")
		if offers, err := s.Offers(t.Context(), "+14155550101"); err != nil || offers {
			t.Errorf("a replaced number: offers is %t, %v; want false", offers, err)
		}
		_, err := s.DeleteNumber(t.Context(), w, owned.ID)
		dbtest.Must(t, err)
		want("+1", 3, "+14155550102", "+14155550300")
		add(false, 1, "+14155550101", "+14155550102")
		want("+1", 3, "+14155550101", "+14155550102", "+14155550300")
	})
}

func TestALargeImportIsOneTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		failing := func(yield func(string) bool) {
			for i := range 201 {
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
		if numbers, err := s.NumbersForSale(t.Context(), "+1415000", 10); err != nil || len(numbers) > 0 {
			t.Errorf("for sale are %q, %v; want none", numbers, err)
		}
		if fictional, err := s.Offers(t.Context(), "+14155550100"); err != nil || !fictional {
			t.Errorf("a fictional number: offers is %t, %v; want true", fictional, err)
		}
	})
}

// Imports at once, each with its rows in another order, wait for each other and not in a circle.
func TestImportsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Open(t, newDB(t))
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
			t.Errorf("%d numbers are for sale, %v; want the same %d", len(forSale), err, len(numbers))
		}
	})
}

func TestOneFirstKeyWhoeverStarts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		for range 5 {
			s := storetest.Open(t, newDB(t))
			var made [16]bool
			var connected, starts sync.WaitGroup
			connected.Add(len(made))
			for i := range made {
				starts.Go(func() {
					err := s.Ping(t.Context())
					connected.Done()
					connected.Wait() // all have a connection, and start together
					k := workspace.Key{ID: storetest.NewID(), Name: "first", Workspace: workspace.Workspace{ID: storetest.NewID(), Name: "default"}, CreatedAt: time.Now()}
					if err == nil {
						made[i], err = s.InsertAPIKey(t.Context(), k, storetest.NewID(), true)
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			starts.Wait()
			keys, err := s.APIKeys(t.Context())
			dbtest.Must(t, err)
			count := 0
			for _, m := range made {
				if m {
					count++
				}
			}
			if len(keys) != 1 {
				t.Errorf("there are %d keys; want 1", len(keys))
			}
			if count != 1 {
				t.Errorf("%d starts made a key; want 1", count)
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
