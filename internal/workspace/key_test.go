package workspace

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestNewKeysAreWellFormedAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		key := NewKey()
		if !wellFormed(key) {
			t.Fatalf("the key %q is not well-formed", key)
		}
		if seen[key] {
			t.Fatalf("the key %q was made twice; want it once", key)
		}
		if len(key) != 40 {
			t.Fatalf("the key %q has %d characters; want 40", key, len(key))
		}
		seen[key] = true
	}
}

func TestAFixedKeyIsWellFormed(t *testing.T) {
	for label, want := range map[string]string{
		"sandbox": "pnk_sandbox00000000000000000000000", "": "pnk_000000000000000000000000000000", strings.Repeat("x", 30): "pnk_" + strings.Repeat("x", 30),
	} {
		key := FixedKey(label)
		if !wellFormed(key) {
			t.Errorf("%q: the key %q is not well-formed", label, key)
		}
		if !strings.HasPrefix(key, want) {
			t.Errorf("%q: the key is %q; want %q at its start", label, key, want)
		}
	}
}

func TestAMistypedKeyIsNotWellFormed(t *testing.T) {
	key := NewKey()
	for i := range key {
		for _, c := range []string{"a", "B", "7", "-"} {
			if typo := key[:i] + c + key[i+1:]; typo != key && wellFormed(typo) {
				t.Errorf("%q is well-formed, with a typo in %q", typo, key)
			}
		}
	}
	for _, other := range []string{"", "pnk_", key[1:], key + "a", strings.ToUpper(key), "sk_" + key[4:]} {
		if wellFormed(other) {
			t.Errorf("%q is well-formed", other)
		}
	}
}

// noStore fails the test if a malformed key reaches the database.
type noStore struct{ Store }

func TestAMistypedKeyIsRefusedWithoutAskingTheStore(t *testing.T) {
	s := &Service{Store: noStore{}, Now: time.Now}
	if _, err := s.Authenticate(t.Context(), NewKey()+"x"); !errors.Is(err, ErrInvalidKey) {
		t.Errorf("got %v; want %v", err, ErrInvalidKey)
	}
}

func TestAKeyOfAnyFormIsLookedUpIfTheStoreHasSome(t *testing.T) {
	st := &lockedStore{key: Key{ID: "k"}}
	for anyKeys, want := range map[bool]error{true: nil, false: ErrInvalidKey} {
		s := &Service{Store: st, Now: time.Now, AnyKeys: anyKeys}
		if _, err := s.Authenticate(t.Context(), "test-key-1"); !errors.Is(err, want) {
			t.Errorf("AnyKeys %t: got %v; want %v", anyKeys, err, want)
		}
	}
}

// lockedStore knows one key. While it is locked, it cannot save when the key was used.
type lockedStore struct {
	Store
	key    Key
	locked bool
	told   map[string]time.Time
}

func (s *lockedStore) APIKeyByHash(context.Context, string) (Key, error) { return s.key, nil }

func (s *lockedStore) TouchAPIKeys(_ context.Context, used map[string]time.Time) error {
	if s.locked {
		return errors.New("locked")
	}
	s.told = used
	return nil
}

func TestALastUseThatWasNotSavedIsSavedTheNextTime(t *testing.T) {
	st := &lockedStore{key: Key{ID: "k"}, locked: true}
	now := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	s := &Service{Store: st, Now: func() time.Time { return now }}
	if _, err := s.Authenticate(t.Context(), NewKey()); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveLastUsed(t.Context()); err == nil {
		t.Fatal("saved while the database was locked")
	}
	st.locked = false
	if err := s.SaveLastUsed(t.Context()); err != nil || !st.told["k"].Equal(now) {
		t.Errorf("saved %v, %v; want k at %v", st.told, err, now)
	}
}
