package store_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

func TestPasswordsAreNotInTheFiles(t *testing.T) {
	s := storetest.Unlocked(t, dbtest.SQLite(t))
	w := storetest.NewWorkspace(t, s, "w")
	const password = "canary-7f3a9c"
	storetest.InsertSIP(t, s, w, "support", password)
	for _, path := range []string{s.Name(), s.Name() + "-wal"} {
		content, err := os.ReadFile(path)
		dbtest.Must(t, err)
		if bytes.Contains(content, []byte(password)) {
			t.Errorf("%s has the password", path)
		}
		if path == s.Name()+"-wal" && !bytes.Contains(content, []byte("support")) {
			t.Error("the WAL does not have the row: the search finds nothing because it looks in the wrong place")
		}
	}
}

func TestTheKeyFileIsMadeForItsOwnerOnly(t *testing.T) {
	s := unlockedByFile(t)
	info, err := os.Stat(s.Name() + ".key")
	dbtest.Must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the mode is %v; want 0600", info.Mode())
	}
	left, err := filepath.Glob(s.Name() + ".key.*")
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v; want none", left, err)
	}
}

func TestKeyFilesThatAreMadeAtOnceAreOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	stores := make([]*store.Store, 8)
	for i := range stores {
		stores[i] = storetest.Open(t, path)
	}
	failed := make(chan error)
	for _, s := range stores {
		go func() { failed <- s.Unlock(context.Background(), "") }()
	}
	for range stores {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	for _, s := range stores {
		if !slices.Equal(s.SecretKeyIDs(), stores[0].SecretKeyIDs()) {
			t.Errorf("the keys are %q; want %q", s.SecretKeyIDs(), stores[0].SecretKeyIDs())
		}
	}
}

func TestEveryListOfSQLiteUsesAnIndexAndSortsNothing(t *testing.T) {
	s := storetest.Unlocked(t, dbtest.SQLite(t))
	for name, f := range everyFilter() {
		query, args := store.NumbersQuery(sqldb.SQLite, "w", f, "", 10)
		plan, err := sqldb.All(t.Context(), s.DB().Reader(), func(row sqldb.Row) (detail string, err error) {
			var id, parent, unused int
			err = row.Scan(&id, &parent, &unused, &detail)
			return detail, err
		}, "EXPLAIN QUERY PLAN "+query, args...)
		dbtest.Must(t, err)
		text := strings.Join(plan, "; ")
		for step, want := range map[string]bool{
			"USING": true, "SCAN": false, "TEMP B-TREE": false,
			"agent_id=? AND type=? AND id>?": f.AgentID != nil, // with a part of this, it could skip any number of rows
		} {
			if got := strings.Contains(text, step); got != want {
				t.Errorf("%s: the plan has %s: %t; want %t: %s", name, step, got, want, text)
			}
		}
	}
}

// unlockedByFile opens a new store with the key from the file beside it.
func unlockedByFile(t *testing.T) *store.Store {
	t.Helper()
	s := storetest.Open(t, dbtest.SQLite(t))
	dbtest.Must(t, s.Unlock(t.Context(), ""))
	return s
}
