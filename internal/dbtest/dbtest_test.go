package dbtest

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// `make test` runs this test first, and reports if it is skipped.
func TestPostgreSQLIsThere(t *testing.T) {
	db, err := sql.Open("pgx", Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only the query matters
	var version string
	var tables int
	if err := db.QueryRowContext(t.Context(), `SELECT version(), count(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&version, &tables); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(version, "PostgreSQL ") || tables != 0 {
		t.Errorf("a new database is of %s and has %d tables", version, tables)
	}
}

// recorder is a test that records how it would have ended.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()           {}
func (r *recorder) Fatal(args ...any) { r.ended = "failed: " + fmt.Sprintln(args...) }
func (r *recorder) Skip(args ...any)  { r.ended = "skipped: " + fmt.Sprintln(args...) }

func TestWithoutPostgreSQLATestIsSkippedButNotInCI(t *testing.T) {
	for ci, want := range map[string]string{"": "skipped: without PostgreSQL: set TEST_POSTGRES_URL", "true": "failed: CI needs PostgreSQL: set TEST_POSTGRES_URL"} {
		t.Setenv("CI", ci)
		r := &recorder{TB: t}
		missing(r, errNoBinaries)
		if !strings.HasPrefix(r.ended, want) {
			t.Errorf("with CI=%q: %s", ci, r.ended)
		}
	}
}

func TestTheBinariesAreFoundOnThePathAndByPgConfig(t *testing.T) {
	bin, path := t.TempDir(), t.TempDir()
	program := func(folder, name, script string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil { //nolint:gosec // a program must be executable
			t.Fatal(err)
		}
	}
	program(bin, "initdb", "")
	t.Setenv("PATH", path)
	if found, err := findBinaries(); found == bin || err != nil && !errors.Is(err, errNoBinaries) {
		t.Errorf("found %q, %v before it was there", found, err)
	}
	program(path, "pg_config", "echo "+bin)
	if found, err := findBinaries(); err != nil || found != bin {
		t.Errorf("by pg_config: %q, %v", found, err)
	}
	program(bin, "pg_ctl", "")
	program(path, "pg_config", "echo /nowhere")
	t.Setenv("PATH", bin)
	if found, err := findBinaries(); err != nil || found != bin {
		t.Errorf("on the PATH: %q, %v", found, err)
	}
}
