package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
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
		ALTER TABLE phone_numbers ADD COLUMN label TEXT COLLATE "und-x-icu" NOT NULL DEFAULT '';
		ALTER TABLE settings ADD COLUMN label TEXT, ADD COLUMN "Odd Name" TEXT`)
	must(t, err)
}

// byBytes reports whether all text of our tables is ordered by its bytes.
func byBytes(t *testing.T, s *Store) bool {
	t.Helper()
	rows, err := s.reader.QueryContext(t.Context(), `
		SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
		  AND table_name NOT IN ('goose_db_version', 'noted')`)
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
		_, err := s.writer.ExecContext(t.Context(), `UPDATE phone_numbers SET label = $1 WHERE id = $2`, label, n.ID)
		must(t, err)
		want = append(want, label)
	}
	ordered := func(s *Store) []string {
		rows, err := s.reader.QueryContext(t.Context(), `SELECT label FROM phone_numbers ORDER BY label`)
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
