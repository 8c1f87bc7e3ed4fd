package cli_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/inventory"
)

// owner is a server with a database, and a client that owns numbers there.
type owner struct {
	dir, address, key string
	server            *server
	client            *client.Client
}

// newOwner starts a server on db and buys n numbers there.
func newOwner(t *testing.T, db string, n int, flags ...string) *owner {
	t.Helper()
	o := &owner{dir: t.TempDir(), address: freeAddress(t)}
	o.start(t, append([]string{"--db", db}, flags...)...)
	var err error
	o.client, err = client.New(client.WithBaseURL("http://"+o.address+"/api"), client.WithAPIKey(o.key), client.WithRetries(60))
	if err != nil {
		t.Fatal(err)
	}
	numbers := make(chan string)
	var buyers sync.WaitGroup
	for range 8 {
		buyers.Go(func() {
			for number := range numbers {
				if _, err := o.client.Buy(t.Context(), number); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for number := range inventory.Fictional() {
		if n--; n < 0 {
			break
		}
		numbers <- number
	}
	close(numbers)
	buyers.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return o
}

// freeAddress returns an address that a server can come back to: below the ports that the system gives to connections, so that
// none of theirs takes it meanwhile.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000))
		if listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address); err == nil {
			if err := listener.Close(); err != nil {
				t.Fatal(err)
			}
			return address
		}
	}
	t.Fatal("no address is free")
	return ""
}

// start starts the server, at the address that it had before.
func (o *owner) start(t *testing.T, flags ...string) {
	t.Helper()
	s, err := startServer(t, o.dir, plainEnviron(), append([]string{"phonenumbers", "serve", "--addr", o.address}, flags...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	if err := s.waitUntilReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.server, o.address = s, s.address
	if s.key != "" {
		o.key = s.key
	}
}

// command is a command line of the owner. Its stdout and stderr are in the returned buffers once it has ended.
func (o *owner) command(ctx context.Context, args ...string) (command *exec.Cmd, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	command = exec.CommandContext(ctx, "phonenumbers", args...)
	command.Dir, command.Env, command.Stdout, command.Stderr = o.dir, o.environ(), stdout, stderr
	return command, stdout, stderr
}

func (o *owner) environ() []string {
	return append(plainEnviron(), "VOGENT_BASE_URL=http://"+o.address+"/api", "VOGENT_API_KEY="+o.key)
}

// run runs a command line, which must succeed, and returns its stdout and stderr.
func (o *owner) run(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	command, out, errs := o.command(t.Context(), args...)
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, errs)
	}
	return out.String(), errs.String()
}

// agents are the numbers and their agents, as the server says.
func (o *owner) agents(t *testing.T) map[string]string {
	t.Helper()
	agents := map[string]string{}
	for n, err := range o.client.All(t.Context(), api.ListPhoneNumbersParams{Limit: new(1000)}) {
		if err != nil {
			t.Fatal(err)
		}
		agents[n.Number] = ""
		if n.AgentID != nil {
			agents[n.Number] = *n.AgentID
		}
	}
	return agents
}

// linked counts the numbers that have an agent.
func (o *owner) linked(t *testing.T) int {
	t.Helper()
	n := 0
	for _, agent := range o.agents(t) {
		if agent != "" {
			n++
		}
	}
	return n
}

// want writes a file numbers.yaml in which each number has an agent of its own, and returns what it asks for.
func (o *owner) want(t *testing.T) map[string]string {
	t.Helper()
	want := map[string]string{}
	var text strings.Builder
	text.WriteString("numbers:\n")
	for i, number := range slices.Sorted(maps.Keys(o.agents(t))) {
		want[number] = fmt.Sprintf("agent_%d", i)
		fmt.Fprintf(&text, "  %q: {agent: %s}\n", number, want[number])
	}
	if err := os.WriteFile(filepath.Join(o.dir, "numbers.yaml"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return want
}

// writes counts the updates that the server has answered since it was started.
func (o *owner) writes() int { return strings.Count(o.server.stderr(), "method=PUT") }

// insert puts n numbers, all linked to one agent, straight into the database: to buy so many takes a minute with the race detector.
func (o *owner) insert(t *testing.T, n int, agent string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(o.dir, "phonenumbers.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // what it has done is committed
	_, err = db.ExecContext(t.Context(), `
		WITH RECURSIVE row (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM row WHERE i + 1 < $1)
		INSERT INTO phone_numbers (workspace_id, id, number, number_key, type, agent_id)
		SELECT workspaces.id, printf('019daa80-7c00-7000-8000-%012d', i), printf('+1212%07d', i), printf('+1212%07d', i), 'PSTN', $2 FROM row, workspaces`, n, agent)
	if err != nil {
		t.Fatal(err)
	}
}

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
		if got := o.writes() - before; got != want.writes || !strings.HasPrefix(says, want.says) {
			t.Errorf("apply wrote %d times and says %q; want %d and %q", got, says, want.writes, want.says)
		}
	}
	if now, _ := o.run(t, "export"); now != state {
		t.Error("the numbers are not as the file says")
	}
}

// The list tells how much of the rate limit is left, so that not even the first changes are too many.
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
	if log := o.server.stderr(); o.writes() != 4 || strings.Contains(log, "status=429") {
		t.Errorf("the server says\n%s", log)
	}
}

// Whenever apply is interrupted, what it has done is done, and the next one does the rest and no more.
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
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 || done == n {
		t.Fatalf("%v, with %d of %d changes; want exit code 1 in the middle\n%s", err, done, n, stderr)
	}
	reported := strings.Count(stdout.String(), "\n")
	if reported > done || reported < done-8 { // each of the eight under way may be done without being known to be
		t.Errorf("%d changes are reported, and %d are done", reported, done)
	}
	if says := "phonenumbers: interrupted, changed: " + strconv.Itoa(reported) + ", failed: 0, "; !strings.HasPrefix(stderr.String(), says) {
		t.Errorf("it says %q; want %q", stderr, says)
	}
	rest, _ := o.run(t, "apply", "-f", "numbers.yaml")
	if got := strings.Count(rest, "\n"); got != n-done {
		t.Errorf("the next apply changed %d numbers; want the %d that were left", got, n-done)
	}
	if !maps.Equal(o.agents(t), want) {
		t.Error("the numbers are not as the file says")
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
	for _, changes := range []int{20, 50} { // of each life of the server
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
		t.Fatalf("%v\n%s", err, stderr)
	}
	if !maps.Equal(o.agents(t), want) {
		t.Error("the numbers are not as the file says")
	}
	if got := strings.Count(stdout.String(), "\n"); got != n || !strings.HasPrefix(stderr.String(), fmt.Sprintf("changed: %d, failed: 0, left: 0,", n)) {
		t.Errorf("%d changes are reported; it says %q", got, stderr)
	}
}
