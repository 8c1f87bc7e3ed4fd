package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/cli"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

// The store says what is wrong with a database, and the command says what to run.
func TestACopyOfAnOlderDatabaseNamesTheCommandThatHelps(t *testing.T) {
	older := dbtest.SQLite(t)
	storetest.Open(t, older)
	_, err := dbtest.Connect(t, older).ExecContext(t.Context(), `DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`)
	dbtest.Must(t, err)
	var stderr bytes.Buffer
	args := []string{"db", "copy", "--from", older, "--to", "postgres://127.0.0.1:1/x"}
	if code := cli.Run(t.Context(), args, strings.NewReader(""), &bytes.Buffer{}, &stderr); code != 1 {
		t.Errorf("exit code is %d; want 1", code)
	}
	for _, want := range []string{"its tables are at version", "to update them, run 'phonenumbers keys list --db "} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr is %q; want %q in it", stderr.String(), want)
		}
	}
}
