package seed_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sandbox/seed"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/workspace"
	"github.com/vogent-community/phonenumbers/internal/yamlfile"
)

const text = `
workspaces: [mine, theirs]
keys:
  - {key: test-key-1}
  - {key: test-key-2, workspace: theirs, name: ci}
  - {key: test-key-3, workspace: mine}
agents: [agent_1]
forSale: [+14155550123]
numbers:
  - {number: +14155550101, agentId: agent_1}
  - {number: +14155550102, id: 00000000-0000-0000-0000-000000000002}
  - {number: Support, workspace: theirs, sip: {username: caller, password: 12345}}
  - {number: +14155550104, sip: {username: c, password: p, terminationUri: sip.example.com}}
`

func open(tb testing.TB) *store.Store {
	tb.Helper()
	st, err := store.Open(tb.Context(), sqldb.InMemory)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = st.Close() })
	if err := st.Unlock(tb.Context(), ""); err != nil {
		tb.Fatal(err)
	}
	return st
}

func counter() func() string {
	last := 0
	return func() string {
		last++
		return fmt.Sprintf("00000000-0000-0000-0000-%012d", last)
	}
}

func TestASeedIsLoadedAsItsFileSays(t *testing.T) {
	t.Parallel()
	s, err := yamlfile.Read("seed.yaml", []byte(text), seed.Check)
	if err != nil {
		t.Fatal(err)
	}
	st, newID, now := open(t), seed.NewIDs(s, counter()), time.UnixMilli(1_000_000).UTC()
	key, err := seed.Load(t.Context(), st, s, newID, now, "unused")
	if err != nil || key != "test-key-1" {
		t.Fatalf("the key is %q, %v; want test-key-1", key, err)
	}

	keys := &workspace.Service{Store: st, Now: func() time.Time { return now }, AnyKeys: true}
	ids := map[string]string{}
	for key, want := range map[string][2]string{"test-key-1": {"first", "mine"}, "test-key-2": {"ci", "theirs"}, "test-key-3": {"key-3", "mine"}} {
		k, err := keys.Authenticate(t.Context(), key)
		if got := [2]string{k.Name, k.Workspace.Name}; err != nil || got != want || !k.CreatedAt.Equal(now) {
			t.Errorf("%s is %+v, %v; want %v, created at %v", key, k, err, want, now)
		}
		ids[k.Workspace.Name] = k.Workspace.ID
	}
	if _, err := keys.Authenticate(t.Context(), "unused"); err == nil {
		t.Error("the default key is valid; want only those of the seed")
	}

	for name, want := range map[string][]phone.Number{
		"mine": {
			{ID: "00000000-0000-0000-0000-000000000001", Number: "+14155550101", Type: phone.PSTN, AgentID: "agent_1"},
			{ID: "00000000-0000-0000-0000-000000000002", Number: "+14155550102", Type: phone.PSTN},
			{ID: "00000000-0000-0000-0000-000000000004", Number: "+14155550104", Type: phone.PSTN},
		},
		"theirs": {{ID: "00000000-0000-0000-0000-000000000003", Number: "Support", Type: phone.SIPUsername}},
	} {
		if got, err := st.Numbers(t.Context(), ids[name], phone.Filter{}, "", 10); err != nil || !slices.Equal(got, want) {
			t.Errorf("the numbers of %s are %+v, %v; want %+v", name, got, err, want)
		}
	}
	if got, err := st.NumbersForSale(t.Context(), "+1", 10); err != nil || !slices.Equal(got, []string{"+14155550123"}) {
		t.Errorf("for sale are %q, %v; want +14155550123", got, err)
	}
}

func TestAnEmptySeedHasTheDefaultKeyAndTheFictionalNumbers(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]control.Seed{"no lists": {}, "empty lists": {Workspaces: []string{}, Keys: []control.SeedKey{}}} {
		st := open(t)
		want := workspace.FixedKey("sandbox")
		if key, err := seed.Load(t.Context(), st, s, counter(), time.Now(), want); err != nil || key != want {
			t.Errorf("%s: the key is %q, %v; want %q", name, key, err, want)
		}
		k, err := (&workspace.Service{Store: st, Now: time.Now}).Authenticate(t.Context(), want)
		if err != nil || k.Name != "first" || k.Workspace.Name != "default" {
			t.Errorf("%s: the key is %+v, %v; want first, of the workspace default", name, k, err)
		}
		if offers, err := st.Offers(t.Context(), "+14155550100"); err != nil || !offers {
			t.Errorf("%s: offers is %t, %v; want true", name, offers, err)
		}
	}
}

func TestAnIDOfTheSeedIsNeverMadeAgain(t *testing.T) {
	t.Parallel()
	for i, want := range []string{"00000000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-000000000001"} {
		newID := counter()
		if i == 0 {
			newID = seed.NewIDs(control.Seed{Numbers: []control.SeedNumber{{ID: "00000000-0000-0000-0000-000000000001"}, {}}}, newID)
		}
		if got := newID(); got != want {
			t.Errorf("the first id is %s; want %s", got, want)
		}
	}
}

func TestAStoreThatIsNotEmptyGetsNoSeed(t *testing.T) {
	t.Parallel()
	st := open(t)
	for i, want := range []bool{true, false} {
		if _, err := seed.Load(t.Context(), st, control.Seed{}, counter(), time.Now(), "a"); (err == nil) != want {
			t.Errorf("load %d: the error is %v; want none: %t", i+1, err, want)
		}
	}
}

// manyNumbers is a file with 100,000 numbers, each with an id and an agent, and as many numbers for sale.
func manyNumbers() []byte {
	const count = 100_000
	var b bytes.Buffer
	b.WriteString("agents: [agent_1]\nnumbers:\n")
	for i := range count {
		fmt.Fprintf(&b, "  - {id: 01900000-0000-7000-8000-%012x, number: \"+1415%07d\", agentId: agent_1}\n", i, i)
	}
	b.WriteString("forSale:\n")
	for i := range count {
		fmt.Fprintf(&b, "  - \"+1416%07d\"\n", i)
	}
	return b.Bytes()
}

func BenchmarkSeedOf100000Numbers(b *testing.B) {
	text := manyNumbers()
	var reading, loading time.Duration
	for b.Loop() {
		st, start := open(b), time.Now()
		s, err := yamlfile.Read("seed.yaml", text, seed.Check)
		if err != nil {
			b.Fatal(err)
		}
		read := time.Now()
		if _, err := seed.Load(b.Context(), st, s, seed.NewIDs(s, counter()), read, "a"); err != nil {
			b.Fatal(err)
		}
		reading += read.Sub(start)
		loading += time.Since(read)
	}
	b.ReportMetric(reading.Seconds()/float64(b.N), "s/read")
	b.ReportMetric(loading.Seconds()/float64(b.N), "s/load")
}
