package rest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t))
		valid, revoked := s.key(t, "w"), s.key(t, "w")
		keys, err := s.store.APIKeys(t.Context())
		if err != nil || len(keys) != 2 {
			t.Fatalf("got %d keys, %v; want 2", len(keys), err)
		}
		if w := s.get("/api/phone_numbers", revoked); w.Code != http.StatusOK {
			t.Fatalf("before the key is revoked: the status is %d; want 200", w.Code)
		}
		if err := s.keys.RevokeKey(t.Context(), keys[1].ID); err != nil {
			t.Fatal(err)
		}
		for name, test := range map[string]struct {
			key    string
			status int
		}{
			"valid":    {valid, http.StatusOK},
			"revoked":  {revoked, http.StatusUnauthorized},
			"mistyped": {valid[:len(valid)-1] + "!", http.StatusUnauthorized},
			"none":     {"", http.StatusUnauthorized},
		} {
			if w := s.get("/api/phone_numbers", test.key); w.Code != test.status {
				t.Errorf("%s: the status is %d; want %d", name, w.Code, test.status)
			}
		}
	})
}

func TestLastUseOfAKeyIsKeptToTheMinute(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t))
		key := s.key(t, "w")
		now := time.Date(2026, 1, 2, 3, 4, 56, 0, time.UTC)
		s.keys.Now = func() time.Time { return now }
		lastUsed := func() time.Time {
			t.Helper()
			if err := s.keys.SaveLastUsed(t.Context()); err != nil {
				t.Fatal(err)
			}
			keys, err := s.store.APIKeys(t.Context())
			if err != nil || len(keys) != 1 {
				t.Fatalf("got %d keys, %v; want 1", len(keys), err)
			}
			return keys[0].LastUsed
		}
		if got := lastUsed(); !got.IsZero() {
			t.Errorf("before the first use: used at %v; want the zero time", got)
		}
		for range 2 {
			s.get("/api/phone_numbers", key)
			if got := lastUsed(); !got.Equal(now.Truncate(time.Minute)) {
				t.Errorf("used at %v; want %v", got, now.Truncate(time.Minute))
			}
			now = now.Add(time.Hour)
		}
	})
}
