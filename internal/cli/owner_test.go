package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
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
	port, err := dbtest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	o := &owner{dir: t.TempDir(), address: fmt.Sprint("127.0.0.1:", port)}
	o.start(t, append([]string{"--db", db}, flags...)...)
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
	for block := range inventory.Fictional("") {
		for _, number := range block[:min(n, len(block))] {
			numbers <- number
			n--
		}
	}
	close(numbers)
	buyers.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return o
}

// start starts the server, at the same address as before.
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

// command returns a command line of the owner. Its stdout and stderr are in the returned buffers after it has ended.
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

// agents returns the numbers and their agents from the server.
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

// linked returns how many numbers have an agent.
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

// want writes a file numbers.yaml that gives each number its own agent, and returns what the file asks for.
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

// writes returns how many updates the server has responded to since it was started.
func (o *owner) writes() int { return strings.Count(o.server.stderr(), "method=PUT") }

// insert writes n numbers, all linked to one agent, directly to the database. Buying that many takes a minute with the race
// detector.
func (o *owner) insert(t *testing.T, n int, agent string) {
	t.Helper()
	_, err := dbtest.Connect(t, filepath.Join(o.dir, "phonenumbers.db")).ExecContext(t.Context(), `
		WITH RECURSIVE row (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM row WHERE i + 1 < $1)
		INSERT INTO phone_numbers (workspace_id, id, number, number_key, type, agent_id)
		SELECT workspaces.id, printf('019daa80-7c00-7000-8000-%012d', i), printf('+1212%07d', i), printf('+1212%07d', i), 'PSTN', $2 FROM row, workspaces`, n, agent)
	dbtest.Must(t, err)
}
