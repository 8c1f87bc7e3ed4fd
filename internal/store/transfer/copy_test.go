package transfer

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/secret"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

func TestACopyHasEverythingAndLeavesTheSourceAlone(t *testing.T) {
	path, w := filled(t)
	before := fileHash(t, path)
	target := dbtest.Postgres(t)
	copied, err := Copy(t.Context(), path, target, silent)
	dbtest.Must(t, err)
	if fileHash(t, path) != before {
		t.Error("the source has changed")
	}
	to := storetest.Unlocked(t, target)
	want := contents(t, path)
	if !slices.Equal(copied, want) {
		t.Errorf("Copy returns %v; want %v", copied, want)
	}
	if got := contents(t, target); !slices.Equal(got, want) {
		t.Errorf("the target has %v; want %v", got, want)
	}
	for _, table := range copied {
		if table.Rows == 0 {
			t.Errorf("nothing was in %s, so this shows nothing; let fill put a row there", table.Table)
		}
	}
	var estimated float64
	dbtest.Must(t, dbtest.Connect(t, target).QueryRowContext(t.Context(), `SELECT reltuples FROM pg_class WHERE oid = 'phone_numbers'::regclass`).Scan(&estimated))
	if estimated < 100 {
		t.Errorf("PostgreSQL estimates %v numbers; want 100 or more, or it plans badly", estimated)
	}
	n, err := to.Numbers(t.Context(), w, phone.Filter{Number: "desk"}, "", 1)
	dbtest.Must(t, err)
	var sealed string
	dbtest.Must(t, dbtest.Connect(t, target).QueryRowContext(t.Context(), `SELECT password FROM sip_credentials`).Scan(&sealed))
	ring, err := secret.Parse(storetest.Key)
	dbtest.Must(t, err)
	if password, err := ring.Open(sealed, "sip_credentials/"+w+"/"+n[0].ID); err != nil || password != "correct horse" {
		t.Errorf("the password is %q, %v; want correct horse", password, err)
	}
}

// If a migration adds a column, Copy copies it without any other change.
func TestACopyKnowsEveryColumn(t *testing.T) {
	path, w := filled(t)
	target := dbtest.Postgres(t)
	storetest.Unlocked(t, target)
	source, to := dbtest.Connect(t, path), dbtest.Connect(t, target)
	for _, db := range []*sql.DB{source, to} {
		_, err := db.ExecContext(t.Context(), `ALTER TABLE phone_numbers ADD COLUMN added_later TEXT NOT NULL DEFAULT ''`)
		dbtest.Must(t, err)
	}
	const label = "front desk"
	_, err := source.ExecContext(t.Context(), `UPDATE phone_numbers SET added_later = $1 WHERE number = 'desk'`, label)
	dbtest.Must(t, err)
	_, err = Copy(t.Context(), path, target, silent)
	dbtest.Must(t, err)
	var got string
	err = to.QueryRowContext(t.Context(), `SELECT added_later FROM phone_numbers WHERE workspace_id = $1 AND number = 'desk'`, w).Scan(&got)
	if err != nil || got != label {
		t.Errorf("got the label %q, %v; want %q", got, err, label)
	}
	if got, want := contents(t, target), contents(t, path); !slices.Equal(got, want) {
		t.Errorf("the target has %v; want %v", got, want)
	}
}

func TestACopyIntoAUsedDatabaseIsRefused(t *testing.T) {
	path, _ := filled(t)
	target := dbtest.Postgres(t)
	used := storetest.Unlocked(t, target)
	storetest.NewWorkspace(t, used, "theirs")
	before := contents(t, target)
	if copied, err := Copy(t.Context(), path, target, silent); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("copied %v, %v; want %v", copied, err, ErrNotEmpty)
	}
	if after := contents(t, target); !slices.Equal(before, after) {
		t.Errorf("the target has %v; want %v, as before", after, before)
	}
}

// A server that started once on the target without creating a key has stored a check of its secret key. An import has filled
// the inventory.
func TestACopyReplacesWhatAStartHasLeft(t *testing.T) {
	path, _ := filled(t)
	target := dbtest.Postgres(t)
	started := storetest.Open(t, target)
	dbtest.Must(t, started.Unlock(t.Context(), secret.NewKey()))
	_, err := started.AddToInventory(t.Context(), slices.Values([]string{"+15055550100"}), true)
	dbtest.Must(t, err)
	_, err = Copy(t.Context(), path, target, silent)
	dbtest.Must(t, err)
	if source, to := contents(t, path), contents(t, target); !slices.Equal(source, to) {
		t.Errorf("the target has %v; want %v", to, source)
	}
}

func TestACopyThatIsCutShortHasCopiedNothingAndIsRunAgain(t *testing.T) {
	path, _ := filled(t)
	target := dbtest.Postgres(t)
	storetest.Open(t, target)
	empty := contents(t, target)
	for _, phase := range []string{"copying", "verifying"} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Copy(ctx, path, target, func(total int, what string) (step, stop func()) {
			steps := 0
			return func() {
				if steps++; what == phase && steps == total-3 {
					cancel()
				}
			}, func() {}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v; want %v", phase, err, context.Canceled)
		}
		if left := contents(t, target); !slices.Equal(left, empty) {
			t.Errorf("%s: left are %v; want %v", phase, left, empty)
		}
	}
	if _, err := Copy(t.Context(), path, target, silent); err != nil {
		t.Errorf("run again: got the error %v; want none", err)
	}
}

// Copy notices before the commit if the rows in the target differ from the source.
func TestACopyThatArrivesDifferentIsUndone(t *testing.T) {
	path, _ := filled(t)
	target := dbtest.Postgres(t)
	storetest.Open(t, target)
	db := dbtest.Connect(t, target)
	for name, trigger := range map[string]string{
		"a changed value": `BEGIN NEW.agent_id := NEW.agent_id || 'x'; RETURN NEW; END`,
		"a missing row":   `BEGIN IF NEW.number = '+14150000007' THEN RETURN NULL; END IF; RETURN NEW; END`,
	} {
		_, err := db.ExecContext(t.Context(), `
			CREATE OR REPLACE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS '`+strings.ReplaceAll(trigger, "'", "''")+`';
			CREATE OR REPLACE TRIGGER meddle BEFORE INSERT ON phone_numbers FOR EACH ROW EXECUTE FUNCTION meddle()`)
		dbtest.Must(t, err)
		if _, err := Copy(t.Context(), path, target, silent); err == nil || !strings.Contains(err.Error(), "phone_numbers") {
			t.Errorf(`%s: got the error %v; want "phone_numbers" in it`, name, err)
		}
		if left := contents(t, target); left[0].Rows != 0 {
			t.Errorf("%s: left are %v; want no rows in the first", name, left)
		}
	}
}

func TestAServerThatWritesDuringACopyIsNoticed(t *testing.T) {
	path, w := filled(t)
	server := storetest.Unlocked(t, path)
	var once sync.Once
	_, err := Copy(t.Context(), path, dbtest.Postgres(t), func(int, string) (step, stop func()) {
		return func() { once.Do(func() { storetest.Insert(t, server, w, "+15055550100") }) }, func() {}
	})
	if err == nil || !strings.Contains(err.Error(), "stop the servers") {
		t.Errorf(`got the error %v; want "stop the servers" in it`, err)
	}
}

func TestNobodyElseWritesInTheTargetDuringACopy(t *testing.T) {
	path, _ := filled(t)
	target := dbtest.Postgres(t)
	storetest.Open(t, target)
	other := dbtest.Connect(t, target)
	var once sync.Once
	_, err := Copy(t.Context(), path, target, func(int, string) (step, stop func()) {
		return func() {
			once.Do(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				_, err := other.ExecContext(ctx, `INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'theirs', 0)`)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got the error %v; want %v", err, context.DeadlineExceeded)
				}
			})
		}, func() {}
	})
	dbtest.Must(t, err)
}

func TestWhatCannotBeCopied(t *testing.T) {
	path, _ := filled(t)
	text := filepath.Join(t.TempDir(), "text")
	dbtest.Must(t, os.WriteFile(text, []byte(strings.Repeat("no database ", 1000)), 0o600))
	older := dbtest.SQLite(t)
	storetest.Open(t, older)
	_, err := dbtest.Connect(t, older).ExecContext(t.Context(), `DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`)
	dbtest.Must(t, err)
	for name, test := range map[string]struct{ from, to, want string }{
		"no file":              {path + ".not", dbtest.Postgres(t), "the file does not exist"},
		"no database":          {text, dbtest.Postgres(t), "not a database of this program"},
		"an older database":    {older, dbtest.Postgres(t), "its tables are at version"},
		"to a file":            {path, dbtest.SQLite(t), "postgres://"},
		"from PostgreSQL":      {dbtest.Postgres(t), dbtest.Postgres(t), "from a SQLite file"},
		"from memory":          {":memory:", dbtest.Postgres(t), "from a SQLite file"},
		"a server that is not": {path, "postgres://127.0.0.1:1/x", "connection refused"},
	} {
		if _, err := Copy(t.Context(), test.from, test.to, silent); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got the error %v; want %q in it", name, err, test.want)
		}
	}
	if _, err := os.Stat(path + ".not"); err == nil {
		t.Error("a missing source was made")
	}
}
