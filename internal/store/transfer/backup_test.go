package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

// A backup contains the database as it was at one moment, even if servers write meanwhile. A server can use the backup.
func TestABackupUnderLoadIsOfOneMoment(t *testing.T) {
	path, w := filled(t)
	s := storetest.Unlocked(t, path)
	stop := make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() { // pairs of numbers, the second one only after the first
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			storetest.Insert(t, s, w, fmt.Sprintf("+1505%07d", 2*i))
			storetest.Insert(t, s, w, fmt.Sprintf("+1505%07d", 2*i+1))
		}
	})
	for range 5 {
		file := filepath.Join(t.TempDir(), "backup.db")
		dbtest.Must(t, Backup(t.Context(), path, file))
		info, err := os.Stat(file)
		dbtest.Must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the mode is %v; want 0600", info.Mode())
		}
		restored := storetest.Unlocked(t, file)
		numbers, err := restored.Numbers(t.Context(), w, phone.Filter{}, "", 1_000_000)
		dbtest.Must(t, err)
		written := map[string]bool{}
		for _, n := range numbers {
			written[n.Number] = true
		}
		for i := range numbers {
			if second := fmt.Sprintf("+1505%07d", 2*i+1); written[second] && !written[fmt.Sprintf("+1505%07d", 2*i)] {
				t.Errorf("%s is there without what was written before it", second)
			}
		}
		storetest.Insert(t, restored, w, "+15065550100") // the backup is a complete database
	}
	close(stop)
	load.Wait()
	file := filepath.Join(t.TempDir(), "backup.db")
	dbtest.Must(t, Backup(t.Context(), path, file))
	if got, want := contents(t, file), contents(t, path); !slices.Equal(got, want) {
		t.Errorf("the backup has %v; want %v", got, want)
	}
}

func TestABackupOverwritesNothingAndLeavesNothingHalf(t *testing.T) {
	path, _ := filled(t)
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	dbtest.Must(t, os.WriteFile(there, []byte("precious"), 0o600))
	if err := Backup(t.Context(), path, there); err == nil || !strings.Contains(err.Error(), "another name") {
		t.Errorf(`over a file: got the error %v; want "another name" in it`, err)
	}
	if text, err := os.ReadFile(there); err != nil || string(text) != "precious" {
		t.Errorf("the file is now %q, %v; want precious", text, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Backup(ctx, path, filepath.Join(dir, "half")); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: got the error %v; want %v", err, context.Canceled)
	}
	if err := Backup(t.Context(), "postgres://x/y", filepath.Join(dir, "dump")); err == nil || !strings.Contains(err.Error(), "for SQLite") {
		t.Errorf(`of PostgreSQL: got the error %v; want "for SQLite" in it`, err)
	}
	if err := Backup(t.Context(), path+".not", filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "the file does not exist") {
		t.Errorf(`of a missing file: got the error %v; want "the file does not exist" in it`, err)
	}
	left, err := os.ReadDir(dir)
	if dbtest.Must(t, err); len(left) != 1 {
		t.Errorf("the folder has %v; want one file", left)
	}
}

// This runs the lines of docs/server.md for PostgreSQL.
func TestADumpRestores(t *testing.T) {
	database, restored := dbtest.Postgres(t), dbtest.Postgres(t)
	w := fill(t, storetest.Unlocked(t, database))
	dir := t.TempDir()
	runDocumented(t, "pg_dump", dir, database)
	runDocumented(t, "pg_restore", dir, restored)
	s := storetest.Unlocked(t, restored)
	if got, want := contents(t, restored), contents(t, database); !slices.Equal(got, want) {
		t.Errorf("restored are %v, want %v", got, want)
	}
	storetest.Insert(t, s, w, "+15055550100")
}

// runDocumented runs the line of docs/server.md that begins with a PostgreSQL program, on a database.
func runDocumented(t *testing.T, program, dir, database string) {
	t.Helper()
	page, err := os.ReadFile("../../../docs/server.md")
	dbtest.Must(t, err)
	line := regexp.MustCompile("`(" + program + " [^`]+)`").FindSubmatch(page)
	if line == nil {
		t.Fatalf("docs/server.md has no line with %s", program)
	}
	path, err := dbtest.Binary(program)
	dbtest.Must(t, err)
	command := exec.CommandContext(t.Context(), "sh", "-c", string(line[1]))
	command.Dir = dir
	command.Env = append(os.Environ(), "PATH="+filepath.Dir(path)+":"+os.Getenv("PATH"), "PHONENUMBERS_DB="+database)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", line[1], err, output)
	}
}
