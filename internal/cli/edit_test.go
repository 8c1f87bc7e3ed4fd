package cli_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Whenever a command for several numbers is interrupted, it reports what it has done, and the rest can be done from the same
// file. The same command does this, except for delete: it would not find the numbers that it has deleted, so its help shows
// another command.
func TestAnInterruptedEditOfAFileIsCompleted(t *testing.T) {
	t.Parallel()
	help, err := exec.CommandContext(t.Context(), "phonenumbers", "delete", "-h").Output()
	recipe := regexp.MustCompile(`(?m)^  (phonenumbers .*grep.*)$`).FindSubmatch(help)
	if err != nil {
		t.Fatalf("delete -h has ended with %v; want exit code 0", err)
	}
	if recipe == nil {
		t.Fatalf("delete -h shows\n%s\nwant a command for the rest of a file in it", help)
	}
	for _, edit := range []struct{ verb, done, method, rest string }{
		{"unlink", "unlinked", "PUT", "phonenumbers unlink - --yes < numbers.txt"},
		{"delete", "deleted", "DELETE", string(recipe[1])},
	} {
		t.Run(edit.verb, func(t *testing.T) {
			t.Parallel()
			const n = 100
			o := newOwner(t, "phonenumbers.db", 0, "--rate-limit", "1/s,40") // so that the signal comes before everything is done
			o.insert(t, n, "agent_1")
			file := strings.Join(slices.Sorted(maps.Keys(o.agents(t))), "\n")
			if err := os.WriteFile(filepath.Join(o.dir, "numbers.txt"), []byte(file), 0o600); err != nil {
				t.Fatal(err)
			}
			changes := func() int { return strings.Count(o.server.stderr(), "method="+edit.method) }
			command, stdout, stderr := o.command(t.Context(), edit.verb, "-", "--yes")
			command.Stdin = strings.NewReader(file)
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			if err := poll(soon, "the first changes", func() (bool, error) { return changes() >= 20, nil }); err != nil {
				t.Fatal(err)
			}
			if err := command.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			_ = command.Wait() // stderr says how it ended
			o.server.kill()
			o.start(t, "--db", "phonenumbers.db")
			done := n - o.linked(t)
			reported := strings.Count(stdout.String(), "\n")
			if done == n {
				t.Errorf("all %d changes are done; want an interruption before the last", n)
			}
			if least := done - 8; reported < least || reported > done { // each of the eight changes in progress may be made without a report
				t.Errorf("%d changes are reported; want %d to %d", reported, least, done)
			}
			if says := fmt.Sprintf("phonenumbers: interrupted; %s: %d, failed: 0, left: %d; run the command again ", edit.done, reported, n-reported); !strings.HasPrefix(stderr.String(), says) {
				t.Errorf("it says %q; want %q first", stderr, says)
			}
			rest := exec.CommandContext(t.Context(), "sh", "-c", edit.rest)
			rest.Dir, rest.Env = o.dir, o.environ()
			if output, err := rest.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			if got := changes(); got != n-done {
				t.Errorf("the rest took %d changes; want %d", got, n-done)
			}
			if got := o.linked(t); got != 0 {
				t.Errorf("%d numbers are left; want 0", got)
			}
		})
	}
}
