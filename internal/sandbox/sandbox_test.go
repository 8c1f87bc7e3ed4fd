package sandbox

import (
	"regexp"
	"testing"

	"github.com/vogent-community/phonenumbers/api/client"
)

// start starts a sandbox and returns a client for it.
func start(t *testing.T, o Options) (*Sandbox, *client.Client) {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	c, err := client.New(client.WithBaseURL(s.BaseURL), client.WithAPIKey(s.Key()))
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func TestTwoSandboxesHaveTheSameIDsAndNothingElseInCommon(t *testing.T) {
	t.Parallel()
	first, a := start(t, Options{})
	second, b := start(t, Options{})
	if first.Key() != second.Key() {
		t.Errorf("the keys are %s and %s; want the same", first.Key(), second.Key())
	}
	for range 3 {
		bought, err := a.Buy(t.Context(), "+14155550100")
		if err != nil {
			t.Fatal(err)
		}
		same, err := b.Buy(t.Context(), "+14155550100")
		if err != nil {
			t.Fatal(err)
		}
		if same.ID != bought.ID {
			t.Errorf("the ids are %s and %s; want the same", bought.ID, same.ID)
		}
		if err := a.Delete(t.Context(), bought.ID); err != nil {
			t.Fatal(err)
		}
		if err := b.Delete(t.Context(), same.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestIDsAreUUIDsInOrder(t *testing.T) {
	t.Parallel()
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	next, last := countedIDs(numberIDs), ""
	for range 300 {
		id := next()
		if !uuid.MatchString(id) {
			t.Errorf("%s is not a UUID of version 7", id)
		}
		if id <= last {
			t.Errorf("%s comes after %s; want ascending ids", id, last)
		}
		last = id
	}
}

func TestRandomIDsDiffer(t *testing.T) {
	t.Parallel()
	first, a := start(t, Options{RandomIDs: true})
	second, b := start(t, Options{RandomIDs: true})
	if first.Key() == second.Key() {
		t.Errorf("both keys are %s; want different ones", first.Key())
	}
	bought, err := a.Buy(t.Context(), "+14155550100")
	if err != nil {
		t.Fatal(err)
	}
	other, err := b.Buy(t.Context(), "+14155550100")
	if err != nil {
		t.Fatal(err)
	}
	if other.ID == bought.ID {
		t.Errorf("both ids are %s; want different ones", other.ID)
	}
}

// BenchmarkStart measures how long a sandbox takes to start and stop.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := Start(b.Context(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Stop(); err != nil {
			b.Fatal(err)
		}
	}
}
