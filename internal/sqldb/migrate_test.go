package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/sqldb/hosts"
)

// altered starts to record each ALTER TABLE in the database, and returns a function that counts them.
func altered(t *testing.T, db *DB) func() int {
	t.Helper()
	if connectionState(t, db, "is_superuser") != "on" {
		if os.Getenv("CI") == "true" {
			t.Fatal("TEST_POSTGRES_URL names a user who cannot watch what is altered; CI needs a superuser")
		}
		t.Skip("TEST_POSTGRES_URL names a user who cannot watch what is altered")
	}
	_, err := db.writer.ExecContext(t.Context(), `
		CREATE TABLE noted (what TEXT);
		CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO noted VALUES (tg_tag); END';
		CREATE EVENT TRIGGER note ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION note()`)
	dbtest.Must(t, err)
	return func() (count int) {
		dbtest.Must(t, db.reader.QueryRowContext(t.Context(), `SELECT count(*) FROM noted`).Scan(&count))
		return count
	}
}

// addText does what a later migration does.
func addText(t *testing.T, db *DB) {
	t.Helper()
	_, err := db.writer.ExecContext(t.Context(), `
		ALTER TABLE things ADD COLUMN added_later TEXT COLLATE "und-x-icu" NOT NULL DEFAULT '';
		ALTER TABLE owners ADD COLUMN added_later TEXT, ADD COLUMN "Odd Name" TEXT`)
	dbtest.Must(t, err)
}

// byBytes reports whether all text in our tables is sorted by its bytes. Another test reports tables that application.Tables
// lacks.
func byBytes(t *testing.T, db *DB) bool {
	t.Helper()
	other, err := All(t.Context(), db.reader, ScanString, `
		SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
		  AND table_name = ANY($1)`, application.Tables)
	dbtest.Must(t, err)
	return len(other) == 0
}

func TestTextThatAMigrationAddsIsOrderedByItsBytes(t *testing.T) {
	database := dbtest.Postgres(t)
	db := open(t, database)
	addText(t, db)
	var want []string
	for i, label := range []string{"B", "a", "b", "ä"} {
		id := fmt.Sprint(i)
		dbtest.Must(t, insert(t.Context(), db, id, "label"))
		_, err := db.writer.ExecContext(t.Context(), `UPDATE things SET added_later = $1 WHERE id = $2`, label, id)
		dbtest.Must(t, err)
		want = append(want, label)
	}
	ordered := func(db *DB) []string {
		labels, err := All(t.Context(), db.reader, ScanString, `SELECT added_later FROM things ORDER BY added_later`)
		dbtest.Must(t, err)
		return labels
	}
	if byBytes(t, db) {
		t.Fatal("all columns are ordered by their bytes already: this shows nothing")
	}
	if slices.Equal(ordered(db), want) {
		t.Fatalf("the new text is in the order %q already: this shows nothing", want)
	}
	count := altered(t, db)
	if got := ordered(open(t, database)); !slices.Equal(got, want) {
		t.Errorf("got the order %q; want %q", got, want)
	}
	if !byBytes(t, db) {
		t.Error("some text is not ordered by its bytes; want all")
	}
	if got := count(); got != 2 {
		t.Errorf("the start has altered %d tables; want 2", got)
	}
	open(t, database)
	if got := count(); got != 2 {
		t.Errorf("a start with nothing to do has altered %d tables; want 0", got-2)
	}
}

// The control is the count: without the lock, several processes would find and alter the same table.
func TestProcessesThatOrderTextAtOnce(t *testing.T) {
	database := dbtest.Postgres(t)
	db := open(t, database)
	addText(t, db)
	count := altered(t, db)
	for _, failure := range startAtOnce(t, 20, openVariable+"="+database) {
		t.Error(failure)
	}
	if got := count(); got != 2 {
		t.Errorf("20 starts have altered %d tables; want 2", got)
	}
	if !byBytes(t, db) {
		t.Error("some text is not ordered by its bytes; want all")
	}
}

func TestAStartThatWasKilledBeforeItOrderedTextIsMadeUpFor(t *testing.T) {
	database := dbtest.Postgres(t)
	dbtest.Must(t, migrateOnly(t.Context(), database, true))
	if db := open(t, database); !byBytes(t, db) {
		t.Error("some text is not ordered by its bytes; want all")
	}
}

// migrateOnly acts like a start that is killed after the migrations.
func migrateOnly(ctx context.Context, database string, locked bool) error {
	config, err := postgresConfig(database, application.Name)
	if err != nil {
		return err
	}
	db := sql.OpenDB(hosts.Connector(config))
	defer db.Close() //nolint:errcheck // only the migration matters
	provider, err := newProvider(db, postgresEngine, application, locked)
	if err == nil {
		_, err = provider.Up(ctx)
	}
	return err
}
