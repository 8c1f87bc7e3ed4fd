package cli_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestApplyOfTenThousandNumbersWritesOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	const n = 10_000
	o := newOwner(t, "phonenumbers.db", 0)
	o.insert(t, n, "agent_1")
	state, _ := o.run(t, "export")
	state = strings.ReplaceAll(state, `77": {agent: agent_1}`, `77": {agent: agent_2}`)
	if err := os.WriteFile(filepath.Join(o.dir, "numbers.yaml"), []byte(state), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		writes int
		says   string
	}{
		{n / 100, "changed: 100, failed: 0, left: 0, unchanged: 9900,"},
		{0, "changed: 0, failed: 0, left: 0, unchanged: 10000,"},
	} {
		before := o.writes()
		_, says := o.run(t, "apply", "-f", "numbers.yaml")
		if got := o.writes() - before; got != want.writes {
			t.Errorf("apply wrote %d times; want %d", got, want.writes)
		}
		if !strings.HasPrefix(says, want.says) {
			t.Errorf("apply says %q; want %q first", says, want.says)
		}
	}
	if now, _ := o.run(t, "export"); now != state {
		t.Error("the numbers are not as the file says")
	}
}

// The response to the list says how much of the rate limit is left, so that even the first changes stay within the limit.
func TestApplyIsNeverDeniedByTheRateLimit(t *testing.T) {
	t.Parallel()
	o := newOwner(t, "phonenumbers.db", 0, "--rate-limit", "2/s")
	o.insert(t, 4, "agent_x")
	var text strings.Builder
	text.WriteString("numbers:\n")
	for i := range 4 {
		fmt.Fprintf(&text, "  +1212%07d: {agent: agent_%d}\n", i, i)
	}
	if err := os.WriteFile(filepath.Join(o.dir, "numbers.yaml"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	o.run(t, "apply", "-f", "numbers.yaml")
	log := o.server.stderr()
	if got := o.writes(); got != 4 {
		t.Errorf("apply wrote %d times; want 4; the server says\n%s", got, log)
	}
	if denied := "status=429"; strings.Contains(log, denied) {
		t.Errorf("the server says\n%s\nwant no %q in it", log, denied)
	}
}

// Whenever apply is interrupted, the changes that it made stay. The next apply makes the others, and no more.
func TestAnInterruptedApplyIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	const n = 200
	o := newOwner(t, ":memory:", n, "--rate-limit", "100/s")
	want := o.want(t)
	command, stdout, stderr := o.command(t.Context(), "apply", "-f", "numbers.yaml")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if err := poll(soon, "the first changes", func() (bool, error) { return o.writes() >= 20, nil }); err != nil {
		t.Fatal(err)
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := command.Wait()
	done := o.linked(t)
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
		t.Fatalf("apply has ended with %v; want exit code 1\n%s", err, stderr)
	}
	if done == n {
		t.Fatalf("all %d changes are done; want an interruption before the last\n%s", n, stderr)
	}
	reported := strings.Count(stdout.String(), "\n")
	if least := done - 8; reported < least || reported > done { // each of the eight changes in progress may be made without a report
		t.Errorf("%d changes are reported; want %d to %d", reported, least, done)
	}
	if says := "phonenumbers: interrupted; changed: " + strconv.Itoa(reported) + ", failed: 0, "; !strings.HasPrefix(stderr.String(), says) {
		t.Errorf("it says %q; want %q first", stderr, says)
	}
	rest, _ := o.run(t, "apply", "-f", "numbers.yaml")
	if got := strings.Count(rest, "\n"); got != n-done {
		t.Errorf("the next apply changed %d numbers; want the %d that were left", got, n-done)
	}
	if got := o.agents(t); !maps.Equal(got, want) {
		t.Errorf("the agents are %v; want %v, as in the file", got, want)
	}
}

func TestAServerThatDiesDuringApplyCostsOnlyTime(t *testing.T) {
	t.Parallel()
	const n = 300
	limit := []string{"--db", "phonenumbers.db", "--rate-limit", "100/s"}
	o := newOwner(t, "phonenumbers.db", n, limit[2:]...)
	want := o.want(t)
	command, stdout, stderr := o.command(t.Context(), "apply", "-f", "numbers.yaml")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	done := 0
	for _, changes := range []int{20, 50} { // made before each kill of the server
		if err := poll(startTimeout, "the first changes", func() (bool, error) { return o.writes() >= changes, nil }); err != nil {
			t.Fatal(err)
		}
		o.server.kill()
		if done += o.writes(); done >= n {
			t.Fatal("the server died too late to show anything")
		}
		o.start(t, limit...)
	}
	if err := command.Wait(); err != nil {
		t.Fatalf("apply has ended with %v; want exit code 0\n%s", err, stderr)
	}
	if got := o.agents(t); !maps.Equal(got, want) {
		t.Errorf("the agents are %v; want %v, as in the file", got, want)
	}
	if got := strings.Count(stdout.String(), "\n"); got != n {
		t.Errorf("%d changes are reported; want %d", got, n)
	}
	if says := fmt.Sprintf("changed: %d, failed: 0, left: 0,", n); !strings.HasPrefix(stderr.String(), says) {
		t.Errorf("it says %q; want %q first", stderr, says)
	}
}
