package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/secret"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

func TestMigrationsAreNumberedInARow(t *testing.T) {
	files, err := fs.Glob(store.Application.Migrations, "migrations/*")
	dbtest.Must(t, err)
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

// checkNumbers checks that the migrations have the numbers from 1 on, each once.
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

// A table that a migration adds must be copied too.
func TestTheApplicationHasEveryTable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Open(t, newDB(t))
		query := `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
		if s.Engine() == sqldb.PostgreSQL {
			query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
		}
		there, err := sqldb.All(t.Context(), s.DB().Reader(), sqldb.ScanString, query)
		dbtest.Must(t, err)
		there = slices.DeleteFunc(there, func(table string) bool { return table == "goose_db_version" })
		for _, table := range there {
			if !slices.Contains(store.Application.Tables, table) {
				t.Errorf("a migration makes the table %s, and Application.Tables in application.go does not have it; add it after those that it refers to", table)
			}
		}
		for _, table := range store.Application.Tables {
			if !slices.Contains(there, table) {
				t.Errorf("Application.Tables in application.go has %s, which no migration makes; remove it", table)
			}
		}
	})
}

// If a request got a response before an update of the program, a retry gets the same response after the update.
func TestADatabaseOfVersion3KeepsItsAnswers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		database := newDB(t)
		older := store.Application
		older.Migrations = firstMigrations(t, 3)
		db, err := sqldb.Open(t.Context(), database, older, sqldb.ConnectionLimits{})
		dbtest.Must(t, err)
		ring, err := secret.Parse(storetest.Key)
		dbtest.Must(t, err)
		request, now := []byte("request"), time.Now()
		fingerprint := ring.Fingerprint(request)
		want := phone.Number{ID: storetest.NewID(), Number: "+14155550100", Type: phone.PSTN}
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
			_, err := db.Reader().ExecContext(t.Context(), insert.query, insert.args...)
			dbtest.Must(t, err)
		}
		dbtest.Must(t, db.Close())

		s := storetest.Unlocked(t, database)
		claim := func(key, request string) (*phone.Number, error) {
			return s.ClaimIdempotencyKey(t.Context(), phone.Claim{WorkspaceID: "w", Key: key, Token: "other"}, []byte(request), now, time.Minute, time.Hour)
		}
		got, err := claim("answered", "request")
		dbtest.Must(t, err)
		if got == nil || *got != want {
			t.Errorf("got the answer %+v; want %+v", got, want)
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
		if s.Engine() == sqldb.PostgreSQL {
			if all, collated := textColumns(t, database); collated != all {
				t.Errorf("got %d of %d columns ordered by their bytes; want all", collated, all)
			}
		}
	})
}

// firstMigrations returns the migrations that an earlier version had.
func firstMigrations(t *testing.T, count int) fs.FS {
	t.Helper()
	files, err := fs.Glob(store.Application.Migrations, "migrations/*")
	dbtest.Must(t, err)
	first := fstest.MapFS{}
	for _, file := range files[:count] {
		text, err := fs.ReadFile(store.Application.Migrations, file)
		dbtest.Must(t, err)
		first[file] = &fstest.MapFile{Data: text}
	}
	return first
}

// textColumns counts the columns with text in PostgreSQL, and those of them that are ordered by their bytes.
func textColumns(t *testing.T, database string) (all, collated int) {
	t.Helper()
	dbtest.Must(t, dbtest.Connect(t, database).QueryRowContext(t.Context(), `
		SELECT count(*), count(*) FILTER (WHERE collation_name = 'C') FROM information_schema.columns
		WHERE table_schema = current_schema() AND data_type = 'text' AND table_name <> 'goose_db_version'`).Scan(&all, &collated))
	return all, collated
}
