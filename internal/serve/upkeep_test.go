package serve_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/serve"
	"github.com/vogent-community/phonenumbers/internal/store"
)

// usedKeys counts the API keys of a database whose last use is saved.
func usedKeys(t *testing.T, database string) (used int) {
	t.Helper()
	st, err := store.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := st.APIKeys(t.Context())
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if !key.LastUsed.IsZero() {
			used++
		}
	}
	return used
}

func TestTheLastUseOfAKeyIsSavedAtAnInterval(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "test.db")
	buy(t, start(t, serve.Options{Database: database, SaveInterval: time.Millisecond}))
	eventually(t, "the last use of the key", func() bool { return usedKeys(t, database) == 1 })
}

func TestTheLastUseOfAKeyIsSavedByStop(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "test.db")
	s := start(t, serve.Options{Database: database, SaveInterval: time.Hour})
	buy(t, s)
	stop(t, s)
	if used := usedKeys(t, database); used != 1 {
		t.Errorf("the last use of %d keys is saved, want 1", used)
	}
}

func TestOldIdempotencyKeysAreRemovedAtAnInterval(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "test.db")
	s := start(t, serve.Options{Database: database, PruneInterval: time.Millisecond})
	db := dbtest.Connect(t, database)
	kept := func() (n int) {
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM idempotency_keys`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	buy(t, s, client.WithIdempotencyKey("k"))
	if n := kept(); n != 1 {
		t.Fatalf("%d idempotency keys are kept, want 1", n)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE idempotency_keys SET created_at = 0`); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the removal of the old idempotency key", func() bool { return kept() == 0 })
}
