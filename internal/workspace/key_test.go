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
		key := newKey()
		if !wellFormed(key) || seen[key] || len(key) != 40 {
			t.Fatalf("key %q", key)
		}
		seen[key] = true
	}
}

func TestAMistypedKeyIsNotWellFormed(t *testing.T) {
	key := newKey()
	for i := range key {
		for _, c := range []string{"a", "B", "7", "-"} {
			if typo := key[:i] + c + key[i+1:]; typo != key && wellFormed(typo) {
				t.Errorf("%q passes for %q", typo, key)
			}
		}
	}
	for _, other := range []string{"", "pnk_", key[1:], key + "a", strings.ToUpper(key), "sk_" + key[4:]} {
		if wellFormed(other) {
			t.Errorf("%q passes", other)
		}
	}
}

// noStore fails the test where a key that cannot be one reaches the database.
type noStore struct{ Store }

func TestAMistypedKeyIsRefusedWithoutAskingTheStore(t *testing.T) {
	s := &Service{Store: noStore{}}
	if _, err := s.Authenticate(t.Context(), newKey()+"x"); !errors.Is(err, ErrInvalidKey) {
		t.Errorf("got %v", err)
	}
}

// lockedStore knows one key and cannot be told when it was used until it is unlocked.
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
	if _, err := s.Authenticate(t.Context(), newKey()); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveLastUsed(t.Context()); err == nil {
		t.Fatal("saved while the database was locked")
	}
	st.locked = false
	if err := s.SaveLastUsed(t.Context()); err != nil || !st.told["k"].Equal(now) {
		t.Errorf("told %v, %v", st.told, err)
	}
}
