package sqldb

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// With these variables, the test binary changes a database until it is killed, and prints the id of each acknowledged thing.
const (
	writeVariable = "SQLDB_TEST_WRITE"
	earlyVariable = "SQLDB_TEST_EARLY" // the control: it prints the id before the commit
)

// writeUntilKilled adds things. Of each two, one is added by a single statement, and one by a transaction.
func writeUntilKilled(ctx context.Context, database string, early bool) error {
	db, err := Open(ctx, database, application, ConnectionLimits{})
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	failed := make(chan error, 1)
	for caller := range 32 {
		running.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", caller, i)
				if early {
					_, _ = os.Stdout.WriteString(id + "\n")
				}
				change := add(id)
				if i%2 == 0 {
					change = short(nil, `INSERT INTO things (id, label) VALUES ('`+id+`', '')`)
				}
				if err := change(ctx, db); err != nil {
					failed <- err
					return
				}
				if !early {
					_, _ = os.Stdout.WriteString(id + "\n")
				}
			}
		})
	}
	return <-failed
}

// lostInACrash kills a process that changes a database, and returns the acknowledged things that the database does not have.
func lostInACrash(t *testing.T, database string, environment ...string) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), writeVariable+"="+database)
	command.Env = append(command.Env, environment...)
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	dbtest.Must(t, err)
	dbtest.Must(t, command.Start())
	var acknowledged []string
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if acknowledged = append(acknowledged, lines.Text()); len(acknowledged) == 2000 {
			dbtest.Must(t, command.Process.Kill())
		}
	}
	if err := command.Wait(); err == nil || command.ProcessState.Exited() {
		t.Fatalf("the process ended with %v after %d changes; want it killed", err, len(acknowledged))
	}
	got, err := All(t.Context(), open(t, database).Reader(), ScanString, `SELECT id FROM things ORDER BY id`)
	dbtest.Must(t, err)
	return slices.DeleteFunc(acknowledged, func(id string) bool {
		_, found := slices.BinarySearch(got, id)
		return found
	})
}

func TestACrashLosesNoAcknowledgedChange(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		t.Parallel()
		for range 3 {
			if lost := lostInACrash(t, newDB(t)); len(lost) > 0 {
				t.Errorf("%d acknowledged changes are lost, the first is %s; want 0", len(lost), lost[0])
			}
		}
	})
}

// The control: if changes are acknowledged before the commit, a crash loses some, and the test above sees it.
func TestTheCrashTestSeesLosses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		t.Parallel()
		for range 10 {
			if lost := lostInACrash(t, newDB(t), earlyVariable+"=1"); len(lost) > 0 {
				return
			}
		}
		t.Error("10 crashes have lost nothing; the control shows nothing")
	})
}
