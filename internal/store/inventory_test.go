package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

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

// Imports that run at the same time, each with its rows in another order, wait for each other without a deadlock.
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
