package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

func TestMigrationsAreNumberedInARow(t *testing.T) {
	files, err := fs.Glob(migrations, "migrations/*")
	must(t, err)
	if err := checkNumbers(files); err != nil {
		t.Error(err)
	}
	for name, files := range map[string][]string{
		"twice":        {"00001_init.sql", "00002_a.sql", "00002_b.sql"},
		"a gap":        {"00001_init.sql", "00003_a.sql"},
		"no number":    {"00001_init.sql", "label.sql"},
		"a short":      {"00001_init.sql", "0002_label.sql"},
		"from zero":    {"00000_init.sql"},
		"not SQL":      {"00001_init.sql", "00002_label.go"},
		"no migration": {},
	} {
		if err := checkNumbers(files); err == nil {
			t.Errorf("%s: got no error for %q", name, files)
		}
	}
}

// checkNumbers wants the numbers from 1 on, each once.
func checkNumbers(files []string) error {
	slices.Sort(files)
	for i, file := range files {
		next := fmt.Sprintf("%05d_", i+1)
		if name := path.Base(file); !strings.HasPrefix(name, next) || path.Ext(name) != ".sql" {
			return fmt.Errorf("the migration %s is not the next one; name it %sSOMETHING.sql", name, next)
		}
	}
	if len(files) == 0 {
		return fmt.Errorf("there is no migration")
	}
	return nil
}

// altered notes from now on each ALTER TABLE in the database, and returns how to count them.
func altered(t *testing.T, s *Store) func() int {
	t.Helper()
	if connectionState(t, s, "is_superuser") != "on" {
		if os.Getenv("CI") == "true" {
			t.Fatal("TEST_POSTGRES_URL names a user who cannot watch what is altered; CI needs a superuser")
		}
		t.Skip("TEST_POSTGRES_URL names a user who cannot watch what is altered")
	}
	_, err := s.writer.ExecContext(t.Context(), `
		CREATE TABLE noted (what TEXT);
		CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO noted VALUES (tg_tag); END';
		CREATE EVENT TRIGGER note ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION note()`)
	must(t, err)
	return func() (count int) {
		must(t, s.reader.QueryRowContext(t.Context(), `SELECT count(*) FROM noted`).Scan(&count))
		return count
	}
}

// addText does what a later migration does.
func addText(t *testing.T, s *Store) {
	t.Helper()
	_, err := s.writer.ExecContext(t.Context(), `
		ALTER TABLE phone_numbers ADD COLUMN added_later TEXT COLLATE "und-x-icu" NOT NULL DEFAULT '';
		ALTER TABLE settings ADD COLUMN added_later TEXT, ADD COLUMN "Odd Name" TEXT`)
	must(t, err)
}

// byBytes reports whether all text of our tables is ordered by its bytes. Another test names a table that tables lacks.
func byBytes(t *testing.T, s *Store) bool {
	t.Helper()
	rows, err := s.reader.QueryContext(t.Context(), `
		SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
		  AND table_name = ANY($1)`, tables)
	other, err := all(rows, err, scanString)
	must(t, err)
	return len(other) == 0
}

func TestTextThatAMigrationAddsIsOrderedByItsBytes(t *testing.T) {
	database := dbtest.Postgres(t)
	s := unlocked(t, database)
	w := newWorkspace(t, s, "w")
	addText(t, s)
	var want []string
	for i, label := range []string{"B", "a", "b", "ä"} {
		n := insert(t, s, w, fmt.Sprintf("+1415555010%d", i))
		_, err := s.writer.ExecContext(t.Context(), `UPDATE phone_numbers SET added_later = $1 WHERE id = $2`, label, n.ID)
		must(t, err)
		want = append(want, label)
	}
	ordered := func(s *Store) []string {
		rows, err := s.reader.QueryContext(t.Context(), `SELECT added_later FROM phone_numbers ORDER BY added_later`)
		labels, err := all(rows, err, scanString)
		must(t, err)
		return labels
	}
	if byBytes(t, s) || slices.Equal(ordered(s), want) {
		t.Fatal("the new text is ordered by its bytes already: this shows nothing")
	}
	count := altered(t, s)
	if got := ordered(open(t, database)); !byBytes(t, s) || !slices.Equal(got, want) {
		t.Errorf("got the order %q; want %q", got, want)
	}
	if got := count(); got != 2 {
		t.Errorf("the start has altered %d tables; want 2", got)
	}
	open(t, database)
	if got := count(); got != 2 {
		t.Errorf("a start with nothing to do has altered %d tables; want 0", got-2)
	}
}

// The control is in the count: without the lock, several processes find the same table and alter it.
func TestProcessesThatOrderTextAtOnce(t *testing.T) {
	database := dbtest.Postgres(t)
	s := open(t, database)
	addText(t, s)
	count := altered(t, s)
	for _, failure := range startAtOnce(t, 20, openVariable+"="+database) {
		t.Error(failure)
	}
	if got := count(); got != 2 || !byBytes(t, s) {
		t.Errorf("20 starts have altered %d tables; want 2", got)
	}
}

func TestAStartThatWasKilledBeforeItOrderedTextIsMadeUpFor(t *testing.T) {
	database := dbtest.Postgres(t)
	must(t, migrateOnly(t.Context(), database, true))
	if s := open(t, database); !byBytes(t, s) {
		t.Error("some text is not ordered by its bytes")
	}
}

// What was answered before an update of the program is answered the same way after it.
func TestADatabaseOfVersion3KeepsItsAnswers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		database := newDB(t)
		older, e := connect(t, database)
		provider, err := newProvider(older, e, true)
		must(t, err)
		_, err = provider.UpTo(t.Context(), 3)
		must(t, err)
		must(t, collateText(t.Context(), older, e)) // at that time it was the migration
		ring, err := parseKeyring(testKey)
		must(t, err)
		request, now := []byte("request"), time.Now()
		fingerprint, err := ring.fingerprint(request)
		must(t, err)
		want := phone.Number{ID: newID(), Number: "+14155550100", Type: phone.PSTN}
		for _, insert := range []struct {
			query string
			args  []any
		}{
			{`INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'w', 0)`, nil},
			{
				`INSERT INTO phone_numbers (workspace_id, id, number, number_key, type, agent_id) VALUES ('w', $1, $2, $2, 'PSTN', 'agent')`,
				[]any{want.ID, want.Number},
			},
			{`INSERT INTO idempotency_keys (workspace_id, idempotency_key, fingerprint, claim, claimed_until, created_at, number_id, number, type)
				VALUES ('w', 'answered', $1, 'me', $2, $2, $3, $4, 'PSTN')`, []any{fingerprint, now.UnixMilli(), want.ID, want.Number}},
			{`INSERT INTO idempotency_keys (workspace_id, idempotency_key, fingerprint, claim, claimed_until, created_at)
				VALUES ('w', 'in progress', $1, 'me', $2, $3)`, []any{fingerprint, now.Add(time.Minute).UnixMilli(), now.UnixMilli()}},
		} {
			_, err := older.ExecContext(t.Context(), insert.query, insert.args...)
			must(t, err)
		}
		must(t, older.Close())

		s := unlocked(t, database)
		claim := func(key, request string) (*phone.Number, error) {
			return s.ClaimKey(t.Context(), phone.Claim{WorkspaceID: "w", Key: key, Token: "other"}, []byte(request), now, time.Minute, time.Hour)
		}
		if got, err := claim("answered", "request"); err != nil || got == nil || *got != want {
			t.Errorf("got the answer %+v, %v; want %+v", got, err, want)
		}
		if got, err := claim("answered", "another"); !errors.Is(err, phone.ErrKeyReused) {
			t.Errorf("another request: got %+v, %v; want %v", got, err, phone.ErrKeyReused)
		}
		if got, err := claim("in progress", "request"); !errors.Is(err, phone.ErrInProgress) {
			t.Errorf("in progress: got %+v, %v; want %v", got, err, phone.ErrInProgress)
		}
		linked := want
		linked.AgentID = "agent"
		if got, err := s.Number(t.Context(), "w", want.ID); err != nil || got != linked {
			t.Errorf("got the number %+v, %v; want %+v", got, err, linked)
		}
		if e.collate != "" && !byBytes(t, s) {
			t.Error("some text is not ordered by its bytes")
		}
	})
}

// connect opens a database as it is.
func connect(t *testing.T, database string) (*sql.DB, engine) {
	t.Helper()
	if IsPostgres(database) {
		config, err := postgresConfig(database)
		must(t, err)
		return sql.OpenDB(newHosts(config)), postgresEngine
	}
	db, err := sql.Open("sqlite", sqliteFile(database)+"?"+sqliteSettings.Encode())
	must(t, err)
	return db, sqliteEngine
}

// migrateOnly is a start that is killed after the migrations.
func migrateOnly(ctx context.Context, database string, locked bool) error {
	config, err := postgresConfig(database)
	if err != nil {
		return err
	}
	db := sql.OpenDB(newHosts(config))
	defer db.Close() //nolint:errcheck // what counts is the migration
	provider, err := newProvider(db, postgresEngine, locked)
	if err == nil {
		_, err = provider.Up(ctx)
	}
	return err
}
