package phone

import (
	"context"
	"errors"
	"testing"
)

// noStore fails the test if a refused request reaches the store or the inventory.
type noStore struct {
	Store
	Inventory
}

func TestEveryBrokenRuleIsNamed(t *testing.T) {
	ctx, s := t.Context(), &Service{Store: noStore{}, Inventory: noStore{}}
	text := func(s string) *string { return &s }
	number := func(n int) *int { return &n }
	for _, test := range []struct {
		name string
		call func() error
		want []string
	}{
		{"list", func() error {
			_, err := s.List(ctx, "w", ListQuery{Limit: number(0), Number: text("1" + "2345678"), AgentID: text("a b"), Type: text("pstn")})
			return err
		}, []string{"limit", "number", "agentId", "type"}},
		{"update", func() error { _, err := s.Update(ctx, "w", "no id", Change{AgentID: text("a b")}); return err }, []string{"/agentId"}},
		{"purchase", func() error { _, _, err := s.Purchase(ctx, "w", "", ""); return err }, []string{"/number"}},
		{"search", func() error {
			_, err := s.Search(ctx, SearchQuery{Prefix: "x", Limit: number(11)})
			return err
		}, []string{"/limit", "/prefix"}},
		{"search elsewhere", func() error {
			_, err := s.Search(ctx, SearchQuery{Prefix: "x", Country: text("DE"), Limit: number(0)})
			return err
		}, []string{"/limit", "/country", "/prefix"}},
		{"country that only folds to US", func() error {
			_, err := s.Search(ctx, SearchQuery{Prefix: "415", Country: text("uſ")})
			return err
		}, []string{"/country"}},
		{"create without a type", func() error { _, _, err := s.Create(ctx, "w", Create{}, ""); return err }, []string{"/type"}},
		{"create of an unknown type looks into nothing", func() error {
			_, _, err := s.Create(ctx, "w", Create{Type: "x", Purchase: &Purchase{}}, "")
			return err
		}, []string{"/type"}},
		{"create without its object", func() error { _, _, err := s.Create(ctx, "w", Create{Type: "purchase"}, ""); return err }, []string{"/purchase"}},
		{"create with the objects of the other types only", func() error {
			_, _, err := s.Create(ctx, "w", Create{Type: "purchase", SIPImport: &SIPImport{}, VogentSIP: &VogentSIP{}}, "")
			return err
		}, []string{"/purchase"}},
		{"create does not look into the objects of the other types", func() error {
			_, _, err := s.Create(ctx, "w", Create{Type: "purchase", Purchase: &Purchase{"+1"}, SIPImport: &SIPImport{}, VogentSIP: &VogentSIP{}}, "")
			return err
		}, []string{"/purchase/number"}},
		{
			"sip_import", func() error {
				_, _, err := s.Create(ctx, "w", Create{Type: "sip_import", SIPImport: &SIPImport{}}, "")
				return err
			},
			[]string{"/sipImport/phoneNumber", "/sipImport/terminationUri", "/sipImport/username", "/sipImport/password"},
		},
		{"vogent_sip", func() error {
			_, _, err := s.Create(ctx, "w", Create{Type: "vogent_sip", VogentSIP: &VogentSIP{SIPPrefix: "1234567", Username: "four", Password: "four"}}, "")
			return err
		}, []string{"/vogentSip/sipPrefix", "/vogentSip/username", "/vogentSip/password"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var e *Error
			if err := test.call(); !errors.As(err, &e) || e.Code != ValidationFailed {
				t.Fatalf("got the error %v; want one with the code %s", err, ValidationFailed)
			}
			var got []string
			for _, rule := range e.Rules {
				got = append(got, rule.Pointer)
				if rule.Detail == "" {
					t.Errorf("%s has no detail; want one", rule.Pointer)
				}
			}
			if len(got) != len(test.want) {
				t.Fatalf("named %q; want %q", got, test.want)
			}
			for i := range got {
				if got[i] != test.want[i] {
					t.Errorf("named %q; want %q", got, test.want)
				}
			}
		})
	}
}

func TestACursorOfAnotherFormIsInvalid(t *testing.T) {
	for _, cursor := range []string{"", "x", "AZ2qgHwAcACAAAAAAAAAAR", "019daa80-7c00-7000-8000-000000000001", "AZ2qgHwAcACAAAAAAAAAAQ=="} {
		var e *Error
		_, err := (&Service{}).List(t.Context(), "w", ListQuery{Cursor: &cursor})
		if !errors.As(err, &e) || e.Code != InvalidRequest {
			t.Errorf("%q: got the error %v; want one with the code %s", cursor, err, InvalidRequest)
			continue
		}
		if len(e.Rules) != 1 || e.Rules[0].Pointer != "cursor" {
			t.Errorf("%q: the rules are %+v; want one for cursor", cursor, e.Rules)
		}
	}
}

// Ids are checked before the store is asked: a malformed id never reaches the database.
func TestAMalformedIDIsNotFound(t *testing.T) {
	s := &Service{Store: noStore{}}
	for _, id := range []string{
		"", ".", "..", "x", "a/b", "\x00", "019DAA80-7C00-7000-8000-000000000001", "019daa807c0070008000000000000001",
		"{019daa80-7c00-7000-8000-000000000001}", "019daa80-7c00-7000-8000-000000000001\n", "019daa80-7c00-7000-8000-00000000000g", "019daa80-7c00-7000-8000-000000000001 ",
	} {
		for name, call := range map[string]func(context.Context) error{
			"get":    func(ctx context.Context) error { _, err := s.Get(ctx, "w", id); return err },
			"update": func(ctx context.Context) error { _, err := s.Update(ctx, "w", id, Change{}); return err },
			"delete": func(ctx context.Context) error { _, err := s.Delete(ctx, "w", id); return err },
		} {
			if err := call(t.Context()); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s %q: got %v; want %v", name, id, err, ErrNotFound)
			}
		}
	}
}

// anyNumber has every number, with the agent of its last update.
type anyNumber struct{ noStore }

func (anyNumber) Number(_ context.Context, _, id string) (Number, error) { return Number{ID: id}, nil }

func (anyNumber) UpdateNumber(_ context.Context, _, id string, c Change) (Number, error) {
	return Number{ID: id, AgentID: *c.AgentID}, nil
}

// Numbers of the hosted API have UUIDs of other versions.
func TestAnIDIsAUUIDOfAnyVersion(t *testing.T) {
	s := &Service{Store: anyNumber{}}
	for _, id := range []string{
		"019daa80-7c00-7000-8000-000000000001", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "f47ac10b-58cc-4372-a567-0e02b2c3d479",
		"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
	} {
		if n, err := s.Get(t.Context(), "w", id); err != nil || n.ID != id {
			t.Errorf("get %s: got %+v, %v; want the number", id, n, err)
		}
		if got, ok := decodeCursor(encodeCursor(id)); !ok || got != id {
			t.Errorf("the cursor of %s is for %q, %t; want the id, true", id, got, ok)
		}
	}
}

func TestOnlyAKnownAgentCanBeLinkedIfAgentsAreKnown(t *testing.T) {
	const id = "019daa80-7c00-7000-8000-000000000001"
	only := &Service{Store: anyNumber{}, KnownAgent: func(id string) bool { return id == "agent_1" }}
	none := &Service{Store: anyNumber{}, KnownAgent: func(string) bool { return false }}
	for _, test := range []struct {
		service *Service
		agent   string
		want    string // the detail at /agentId
	}{
		{only, "agent_1", ""},
		{only, "", ""},
		{only, "agent_2", knownAgentID},
		{only, "a b", wantAgentID},
		{none, "agent_1", knownAgentID},
		{none, "", ""},
		{&Service{Store: anyNumber{}}, "agent_2", ""},
	} {
		n, err := test.service.Update(t.Context(), "w", id, Change{AgentID: &test.agent})
		var e *Error
		switch {
		case test.want == "":
			if err != nil || n.AgentID != test.agent {
				t.Errorf("%q: got %+v, %v; want a number with the agent", test.agent, n, err)
			}
		case !errors.As(err, &e) || e.Code != ValidationFailed || len(e.Rules) != 1 || e.Rules[0] != (BrokenRule{"/agentId", test.want}):
			t.Errorf("%q: got the error %v; want %s: /agentId %s", test.agent, err, ValidationFailed, test.want)
		}
	}
	if n, err := none.Update(t.Context(), "w", id, Change{}); err != nil || n.ID != id {
		t.Errorf("no change: got %+v, %v; want the number", n, err)
	}
	var e *Error
	if _, err := only.Update(t.Context(), "w", "no id", Change{AgentID: new("agent_2")}); !errors.As(err, &e) || e.Code != ValidationFailed {
		t.Errorf("an unknown number: got %v; want %s, which comes first", err, ValidationFailed)
	}
}

// An agent that is gone can still be in a list.
func TestAListCanBeFilteredByAnUnknownAgent(t *testing.T) {
	s := &Service{Store: noNumbers{}, KnownAgent: func(string) bool { return false }}
	if page, err := s.List(t.Context(), "w", ListQuery{AgentID: new("agent_1")}); err != nil || len(page.Numbers) > 0 {
		t.Errorf("listed %+v, %v; want no number", page, err)
	}
}

type noNumbers struct{ noStore }

func (noNumbers) Numbers(context.Context, string, Filter, string, int) ([]Number, error) {
	return nil, nil
}

// readOnly fails the test if an update that changes nothing writes.
type readOnly struct{ noStore }

func (readOnly) Number(_ context.Context, _, id string) (Number, error) { return Number{ID: id}, nil }

func TestAChangeWithNothingInItWritesNothing(t *testing.T) {
	const id = "019daa80-7c00-7000-8000-000000000001"
	n, err := (&Service{Store: readOnly{}}).Update(t.Context(), "w", id, Change{})
	if err != nil || n.ID != id {
		t.Errorf("got %+v, %v; want the number %s", n, err, id)
	}
}
