package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

// silent is a Progress for nobody.
func silent(int, string) (step, stop func()) { return func() {}, func() {} }

// fill puts something into each table.
func fill(t *testing.T, s *Store) (workspaceID string) {
	t.Helper()
	w, other := newWorkspace(t, s, "w"), newWorkspace(t, s, "Ünïcode 電話")
	for i := range 2*rowsPerInsert + 7 {
		insert(t, s, []string{w, other}[i%2], fmt.Sprintf("+1415%07d", i))
	}
	insertSIP(t, s, w, "desk", "correct horse")
	claim := phone.Claim{WorkspaceID: w, Key: "answered", Token: "me"}
	_, err := s.ClaimKey(t.Context(), claim, []byte("request"), time.Now(), time.Minute, time.Hour)
	must(t, err)
	must(t, s.InsertNumber(t.Context(), w, phone.Number{ID: newID(), Number: "+14165550100", Type: phone.PSTN}, nil, claim))
	_, err = s.ClaimKey(t.Context(), phone.Claim{WorkspaceID: w, Key: "in progress", Token: "me"}, []byte("request"), time.Now(), time.Minute, time.Hour)
	must(t, err)
	keys, err := s.Keys(t.Context())
	must(t, err)
	must(t, s.TouchKeys(t.Context(), map[string]time.Time{keys[0].ID: time.Now()}))
	must(t, s.RevokeKey(t.Context(), keys[1].ID, time.Now()))
	_, err = s.FillInventory(t.Context(), slices.Values([]string{"+14155550199", "+442079460000"}))
	must(t, err)
	return w
}

// filled is a closed SQLite database with something in each table.
func filled(t *testing.T) (path, workspaceID string) {
	t.Helper()
	path = dbtest.SQLite(t)
	s, err := Open(t.Context(), path)
	must(t, err)
	must(t, s.Unlock(t.Context(), testKey))
	workspaceID = fill(t, s)
	must(t, s.Close())
	return path, workspaceID
}

// contents reads all tables of a database.
func contents(t *testing.T, s *Store) (read []CopiedTable) {
	t.Helper()
	tx, err := s.reader.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	must(t, err)
	defer tx.Rollback() //nolint:errcheck // it was only read
	for _, table := range tables {
		one, err := eachRow(t.Context(), tx, table, columnsOf(t, s, table), func([]any) error { return nil })
		must(t, err)
		read = append(read, one)
	}
	return read
}

// columnsOf are the columns of a table in the order of their names.
func columnsOf(t *testing.T, s *Store, table string) []string {
	t.Helper()
	query := `SELECT name FROM pragma_table_info($1) ORDER BY name`
	if s.engine.name == postgresEngine.name {
		query = `
			SELECT column_name FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = $1 ORDER BY column_name COLLATE "C"`
	}
	rows, err := s.reader.QueryContext(t.Context(), query, table)
	columns, err := all(rows, err, scanString)
	must(t, err)
	return columns
}

func fileHash(t *testing.T, path string) [32]byte {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	return sha256.Sum256(content)
}

func TestACopyHasEverythingAndLeavesTheSourceAlone(t *testing.T) {
	path, w := filled(t)
	before := fileHash(t, path)
	target := dbtest.Postgres(t)
	copied, err := Copy(t.Context(), path, target, silent)
	must(t, err)
	if fileHash(t, path) != before {
		t.Error("the source has changed")
	}
	source, to := unlocked(t, path), unlocked(t, target)
	want := contents(t, source)
	if got := contents(t, to); !slices.Equal(got, want) || !slices.Equal(copied, want) {
		t.Errorf("copied %v,\nthere are %v,\nwant %v", copied, got, want)
	}
	for _, table := range copied {
		if table.Rows == 0 {
			t.Errorf("nothing was in %s, so this shows nothing; let fill put a row there", table.Table)
		}
	}
	var estimated float64
	must(t, to.reader.QueryRowContext(t.Context(), `SELECT reltuples FROM pg_class WHERE oid = 'phone_numbers'::regclass`).Scan(&estimated))
	if estimated < rowsPerInsert {
		t.Errorf("PostgreSQL believes that there are %v numbers, and plans badly", estimated)
	}
	n, err := to.Numbers(t.Context(), w, phone.Filter{Number: "desk"}, "", 1)
	must(t, err)
	if c := sipCredentials(t, to, w, n[0].ID); c.Password != "correct horse" {
		t.Errorf("the password is %q", c.Password)
	}
}

// A table that a migration adds must be copied too.
func TestACopyKnowsEveryTable(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := open(t, newDB(t))
		query := `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
		if s.engine.name == postgresEngine.name {
			query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
		}
		rows, err := s.reader.QueryContext(t.Context(), query)
		there, err := all(rows, err, scanString)
		must(t, err)
		there = slices.DeleteFunc(there, func(table string) bool { return table == "goose_db_version" })
		for _, table := range there {
			if !slices.Contains(tables, table) {
				t.Errorf("a migration makes the table %s, and tables in migrate.go does not have it; add it after those that it refers to", table)
			}
		}
		for _, table := range tables {
			if !slices.Contains(there, table) {
				t.Errorf("tables in migrate.go has %s, which no migration makes; remove it", table)
			}
		}
	})
}

// A column that a migration adds is copied without a word about it elsewhere.
func TestACopyKnowsEveryColumn(t *testing.T) {
	path, w := filled(t)
	target := dbtest.Postgres(t)
	source, to := unlocked(t, path), unlocked(t, target)
	for _, s := range []*Store{source, to} {
		_, err := s.writer.ExecContext(t.Context(), `ALTER TABLE phone_numbers ADD COLUMN added_later TEXT NOT NULL DEFAULT ''`)
		must(t, err)
	}
	const label = "front desk"
	_, err := source.writer.ExecContext(t.Context(), `UPDATE phone_numbers SET added_later = $1 WHERE number = 'desk'`, label)
	must(t, err)
	_, err = Copy(t.Context(), path, target, silent)
	must(t, err)
	rows, err := to.reader.QueryContext(t.Context(), `SELECT added_later FROM phone_numbers WHERE workspace_id = $1 AND number = 'desk'`, w)
	if got, err := one(rows, err, scanString, phone.ErrNotFound); err != nil || got != label {
		t.Errorf("got the label %q, %v; want %q", got, err, label)
	}
	if got, want := contents(t, to), contents(t, source); !slices.Equal(got, want) {
		t.Errorf("copied are %v; want %v", got, want)
	}
}

func TestACopyIntoAUsedDatabaseIsRefused(t *testing.T) {
	path, _ := filled(t)
	target := dbtest.Postgres(t)
	used := unlocked(t, target)
	newWorkspace(t, used, "theirs")
	before := contents(t, used)
	if copied, err := Copy(t.Context(), path, target, silent); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("copied %v, %v", copied, err)
	}
	if after := contents(t, used); !slices.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
}

// A server that was started once on the target, and made no key, has filled its inventory and sealed a check.
func TestACopyReplacesWhatAStartHasLeft(t *testing.T) {
	path, _ := filled(t)
	target := dbtest.Postgres(t)
	started := open(t, target)
	must(t, started.Unlock(t.Context(), newKeyText()))
	_, err := started.FillInventory(t.Context(), slices.Values([]string{"+15055550100"}))
	must(t, err)
	_, err = Copy(t.Context(), path, target, silent)
	must(t, err)
	if source, to := contents(t, unlocked(t, path)), contents(t, unlocked(t, target)); !slices.Equal(source, to) {
		t.Errorf("source %v, target %v", source, to)
	}
}

func TestACopyThatIsCutShortHasCopiedNothingAndIsRunAgain(t *testing.T) {
	path, _ := filled(t)
	target := dbtest.Postgres(t)
	empty := contents(t, open(t, target))
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
			t.Errorf("%s: got %v", phase, err)
		}
		if left := contents(t, open(t, target)); !slices.Equal(left, empty) {
			t.Errorf("%s: left are %v", phase, left)
		}
	}
	if _, err := Copy(t.Context(), path, target, silent); err != nil {
		t.Error(err)
	}
}

// What does not arrive as it was is noticed before the commit.
func TestACopyThatArrivesDifferentIsUndone(t *testing.T) {
	path, _ := filled(t)
	target := dbtest.Postgres(t)
	s := open(t, target)
	for name, trigger := range map[string]string{
		"a changed value": `BEGIN NEW.agent_id := NEW.agent_id || 'x'; RETURN NEW; END`,
		"a missing row":   `BEGIN IF NEW.number = '+14150000007' THEN RETURN NULL; END IF; RETURN NEW; END`,
	} {
		_, err := s.writer.ExecContext(t.Context(), `
			CREATE OR REPLACE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS '`+strings.ReplaceAll(trigger, "'", "''")+`';
			CREATE OR REPLACE TRIGGER meddle BEFORE INSERT ON phone_numbers FOR EACH ROW EXECUTE FUNCTION meddle()`)
		must(t, err)
		if _, err := Copy(t.Context(), path, target, silent); err == nil || !strings.Contains(err.Error(), "phone_numbers") {
			t.Errorf("%s: got %v", name, err)
		}
		if left := contents(t, s); left[0].Rows != 0 {
			t.Errorf("%s: left are %v", name, left)
		}
	}
}

func TestAServerThatWritesDuringACopyIsNoticed(t *testing.T) {
	path, w := filled(t)
	server := unlocked(t, path)
	var once sync.Once
	_, err := Copy(t.Context(), path, dbtest.Postgres(t), func(int, string) (step, stop func()) {
		return func() { once.Do(func() { insert(t, server, w, "+15055550100") }) }, func() {}
	})
	if err == nil || !strings.Contains(err.Error(), "stop the servers") {
		t.Errorf("got %v", err)
	}
}

func TestNobodyElseWritesInTheTargetDuringACopy(t *testing.T) {
	path, _ := filled(t)
	target := dbtest.Postgres(t)
	other := open(t, target)
	var once sync.Once
	_, err := Copy(t.Context(), path, target, func(int, string) (step, stop func()) {
		return func() {
			once.Do(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				_, err := other.writer.ExecContext(ctx, `INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'theirs', 0)`)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		}, func() {}
	})
	must(t, err)
}

func TestWhatCannotBeCopied(t *testing.T) {
	path, _ := filled(t)
	text := filepath.Join(t.TempDir(), "text")
	must(t, os.WriteFile(text, []byte(strings.Repeat("no database ", 1000)), 0o600))
	older := dbtest.SQLite(t)
	s, err := Open(t.Context(), older)
	must(t, err)
	_, err = s.writer.ExecContext(t.Context(), `DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`)
	must(t, errors.Join(err, s.Close()))
	for name, test := range map[string]struct{ from, to, want string }{
		"no file":              {path + ".not", dbtest.Postgres(t), "no such file"},
		"no database":          {text, dbtest.Postgres(t), "no database of this program"},
		"an older database":    {older, dbtest.Postgres(t), "phonenumbers keys list"},
		"to a file":            {path, dbtest.SQLite(t), "postgres://"},
		"from PostgreSQL":      {dbtest.Postgres(t), dbtest.Postgres(t), "from a SQLite file"},
		"from memory":          {":memory:", dbtest.Postgres(t), "from a SQLite file"},
		"a server that is not": {path, "postgres://127.0.0.1:1/x", "connection refused"},
	} {
		if _, err := Copy(t.Context(), test.from, test.to, silent); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	if _, err := os.Stat(path + ".not"); err == nil {
		t.Error("a missing source was made")
	}
}

// While servers write, a backup is the database as it was at one moment, and a server starts on it.
func TestABackupUnderLoadIsOfOneMoment(t *testing.T) {
	path, w := filled(t)
	s := unlocked(t, path)
	stop := make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() { // pairs of numbers, the second one only after the first
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			insert(t, s, w, fmt.Sprintf("+1505%07d", 2*i))
			insert(t, s, w, fmt.Sprintf("+1505%07d", 2*i+1))
		}
	})
	for range 5 {
		file := filepath.Join(t.TempDir(), "backup.db")
		must(t, Backup(t.Context(), path, file))
		info, err := os.Stat(file)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("mode is %v", info.Mode())
		}
		restored := unlocked(t, file)
		numbers, err := restored.Numbers(t.Context(), w, phone.Filter{}, "", 1_000_000)
		must(t, err)
		written := map[string]bool{}
		for _, n := range numbers {
			written[n.Number] = true
		}
		for i := range numbers {
			if second := fmt.Sprintf("+1505%07d", 2*i+1); written[second] && !written[fmt.Sprintf("+1505%07d", 2*i)] {
				t.Errorf("%s is there without what was written before it", second)
			}
		}
		insert(t, restored, w, "+15065550100") // it is a whole database
	}
	close(stop)
	load.Wait()
	file := filepath.Join(t.TempDir(), "backup.db")
	must(t, Backup(t.Context(), path, file))
	if backup := contents(t, open(t, file)); !slices.Equal(backup, contents(t, s)) {
		t.Errorf("the backup has %v", backup)
	}
}

func TestABackupOverwritesNothingAndLeavesNothingHalf(t *testing.T) {
	path, _ := filled(t)
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	must(t, os.WriteFile(there, []byte("precious"), 0o600))
	if err := Backup(t.Context(), path, there); err == nil || !strings.Contains(err.Error(), "another name") {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(there); err != nil || string(text) != "precious" {
		t.Errorf("the file is now %q, %v", text, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Backup(ctx, path, filepath.Join(dir, "half")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := Backup(t.Context(), "postgres://x/y", filepath.Join(dir, "dump")); err == nil || !strings.Contains(err.Error(), "pg_dump") {
		t.Errorf("got %v", err)
	}
	if err := Backup(t.Context(), path+".not", filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v", err)
	}
	left, err := os.ReadDir(dir)
	if must(t, err); len(left) != 1 {
		t.Errorf("left are %v", left)
	}
}

// The lines of README for PostgreSQL.
func TestADumpRestores(t *testing.T) {
	database, restored := dbtest.Postgres(t), dbtest.Postgres(t)
	w := fill(t, unlocked(t, database))
	file := filepath.Join(t.TempDir(), "phonenumbers.dump")
	runPostgres(t, "pg_dump", "--format=custom", "--file="+file, database)
	runPostgres(t, "pg_restore", "--no-owner", "--exit-on-error", "--dbname="+restored, file)
	s := unlocked(t, restored)
	if got, want := contents(t, s), contents(t, open(t, database)); !slices.Equal(got, want) {
		t.Errorf("restored are %v, want %v", got, want)
	}
	insert(t, s, w, "+15055550100")
}

func runPostgres(t *testing.T, program string, args ...string) {
	t.Helper()
	path, err := dbtest.Binary(program)
	must(t, err)
	if output, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", program, err, output)
	}
}
