package workspace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"
)

// countingStore has the keys in valid, by hash, and counts how often it is asked.
type countingStore struct {
	Store
	valid  map[string]Key
	asked  int
	during func() // called while it is asked
	told   map[string]time.Time
}

func (s *countingStore) APIKeyByHash(_ context.Context, hash string) (Key, error) {
	s.asked++
	k, found := s.valid[hash]
	if s.during != nil {
		s.during()
	}
	if !found {
		return Key{}, ErrInvalidKey
	}
	return k, nil
}

func (s *countingStore) RevokeAPIKey(_ context.Context, id string, _ time.Time) error {
	for hash, k := range s.valid {
		if k.ID == id {
			delete(s.valid, hash)
			return nil
		}
	}
	return ErrKeyNotFound
}

func (s *countingStore) TouchAPIKeys(_ context.Context, used map[string]time.Time) error {
	s.told = used
	return nil
}

// add adds a key and returns its secret.
func (s *countingStore) add(id string) string {
	secret := NewKey()
	s.valid[HashKey(secret)] = Key{ID: id, Workspace: Workspace{ID: "w " + id}}
	return secret
}

// clock is a clock that stands still unless a test sets it.
type clock struct{ now time.Time }

func newCounting() (*Service, *countingStore, *clock) {
	st, c := &countingStore{valid: map[string]Key{}}, &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	return &Service{Store: st, Now: func() time.Time { return c.now }}, st, c
}

// wantValid authenticates with a key and checks how often the store has been asked in total.
func wantValid(t *testing.T, s *Service, secret, id string, asked int) {
	t.Helper()
	k, err := s.Authenticate(t.Context(), secret)
	if err != nil || k.ID != id || k.Workspace.ID != "w "+id {
		t.Errorf("got the key %+v, %v; want the one with the id %s", k, err, id)
	}
	if st, ok := s.Store.(*countingStore); ok && st.asked != asked {
		t.Errorf("the store was asked %d times; want %d", st.asked, asked)
	}
}

func wantRefused(t *testing.T, s *Service, secret string) {
	t.Helper()
	if k, err := s.Authenticate(t.Context(), secret); !errors.Is(err, ErrInvalidKey) {
		t.Errorf("got the key %+v, %v; want %v", k, err, ErrInvalidKey)
	}
}

func TestAKnownKeyIsNotLookedUpForSomeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, st, clock := newCounting()
		a, b := st.add("a"), st.add("b")
		for range 3 {
			wantValid(t, s, a, "a", 1)
		}
		wantValid(t, s, b, "b", 2)
		clock.now = clock.now.Add(trusted - 1)
		wantValid(t, s, a, "a", 2)
		clock.now = clock.now.Add(1)
		wantValid(t, s, a, "a", 3)
		wantValid(t, s, a, "a", 3)
	})
}

func TestAKeyThatAnotherServerRevokesIsRefusedWithin5Seconds(t *testing.T) {
	for name, wait := range map[string]func(*clock){
		"both clocks run":               func(c *clock) { time.Sleep(5 * time.Second); c.now = c.now.Add(5 * time.Second) },
		"only the Service's clock runs": func(c *clock) { c.now = c.now.Add(5 * time.Second) },
		"the Service's clock stands":    func(*clock) { time.Sleep(5 * time.Second) },
		"the Service's clock goes back": func(c *clock) { c.now = c.now.Add(-time.Nanosecond) },
		"the Service's clock jumps":     func(c *clock) { c.now = c.now.Add(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, st, clock := newCounting()
				secret := st.add("a")
				wantValid(t, s, secret, "a", 1)
				clear(st.valid) // as another server does
				wait(clock)
				wantRefused(t, s, secret)
			})
		})
	}
}

func TestAKeyIsRefusedAtOnceByTheServiceThatRevokesIt(t *testing.T) {
	s, st, _ := newCounting()
	revoked, other := st.add("revoked"), st.add("other")
	wantValid(t, s, revoked, "revoked", 1)
	if err := s.RevokeKey(t.Context(), "revoked"); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, s, revoked)
	wantValid(t, s, other, "other", 3)
	if err := s.RevokeKey(t.Context(), "unknown"); !errors.Is(err, ErrKeyNotFound) {
		t.Errorf("an unknown id: got %v; want %v", err, ErrKeyNotFound)
	}
}

// The store may be asked just before a key is revoked, and respond just after it.
func TestAKeyThatIsRevokedWhileTheStoreIsAskedIsNotKnown(t *testing.T) {
	s, st, _ := newCounting()
	secret := st.add("a")
	st.during = func() {
		st.during = nil
		if err := s.RevokeKey(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	}
	wantValid(t, s, secret, "a", 1)
	wantRefused(t, s, secret)
}

func TestAWrongKeyIsLookedUpEachTime(t *testing.T) {
	s, st, _ := newCounting()
	secret := NewKey()
	for range 3 {
		wantRefused(t, s, secret)
	}
	if st.asked != 3 {
		t.Errorf("the store was asked %d times; want 3", st.asked)
	}
	st.valid[HashKey(secret)] = Key{ID: "a", Workspace: Workspace{ID: "w a"}} // created meanwhile
	wantValid(t, s, secret, "a", 4)
}

func TestKnownKeysAreBounded(t *testing.T) {
	s, st, _ := newCounting()
	s.AnyKeys = true
	for i := range maxKnown + 1 {
		secret := fmt.Sprint(i)
		hash := sha256.Sum256([]byte(secret))
		st.valid[hex.EncodeToString(hash[:])] = Key{ID: secret, Workspace: Workspace{ID: "w " + secret}}
		wantValid(t, s, secret, secret, i+1)
	}
	if got := s.known.keys.Len(); got != maxKnown {
		t.Errorf("%d keys are known; want %d", got, maxKnown)
	}
	wantValid(t, s, "0", "0", maxKnown+2)
}

func TestTheUseOfAKnownKeyIsSavedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, st, clock := newCounting()
		secret := st.add("a")
		clock.now = time.Date(2026, 1, 2, 3, 4, 59, 0, time.UTC)
		for range 2 {
			want := map[string]time.Time{"a": clock.now.Truncate(time.Minute)}
			for range 3 {
				wantValid(t, s, secret, "a", 1)
				if err := s.SaveLastUsed(t.Context()); err != nil {
					t.Fatal(err)
				}
				if !maps.Equal(st.told, want) {
					t.Errorf("saved %v; want %v", st.told, want)
				}
				st.told, want = nil, nil
			}
			clock.now = clock.now.Add(time.Second)
		}
	})
}
