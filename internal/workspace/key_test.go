package workspace

import (
	"errors"
	"strings"
	"testing"
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
