package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// How long a test waits for what should come soon. It is long enough for a busy machine with the race detector. But it is
// shorter than the 15 seconds that a stopping server waits for requests, so that a test notices a server that waits without a
// reason.
const (
	startTimeout = time.Minute
	soon         = 10 * time.Second
)

// server is a running `phonenumbers serve`.
type server struct {
	address string // host:port
	key     string // the first key, if the server printed one

	process *os.Process
	output  string        // the folder of the files stdout and stderr; what is in stderr was written after what is in stdout
	ended   chan struct{} // closed when the process has ended
	result  error         // of the process; read it after ended
}

// startServer starts a command line that runs a server. The caller kills the server at the end.
func startServer(tb testing.TB, dir string, env []string, args ...string) (*server, error) {
	tb.Helper()
	s := &server{output: tb.TempDir(), ended: make(chan struct{})}
	stdout, err := os.Create(filepath.Join(s.output, "stdout"))
	if err != nil {
		return nil, err
	}
	defer stdout.Close() //nolint:errcheck // the other process writes to it
	stderr, err := os.Create(filepath.Join(s.output, "stderr"))
	if err != nil {
		return nil, err
	}
	defer stderr.Close() //nolint:errcheck // as above
	command := exec.CommandContext(tb.Context(), args[0], args[1:]...)
	command.Dir, command.Env = dir, env
	command.Stdout, command.Stderr = stdout, stderr
	if err := command.Start(); err != nil {
		return nil, err
	}
	s.process = command.Process
	go func() {
		s.result = command.Wait()
		close(s.ended)
	}()
	return s, nil
}

// kill kills the process if it has not ended yet.
func (s *server) kill() {
	_ = s.process.Kill() // the only possible error is that it has ended
	<-s.ended
}

// stdout returns what the process has printed so far.
func (s *server) stdout() string { return s.read("stdout") }

// stderr returns what the process has logged so far.
func (s *server) stderr() string { return s.read("stderr") }

func (s *server) read(name string) string {
	text, err := os.ReadFile(filepath.Join(s.output, name))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// serving finds the address in the log or, if the server logs nothing, in its output.
var (
	serving  = regexp.MustCompile(`(?:msg=serving address=|"msg":"serving","address":"|^Serving the phone-number API at http://|^export VOGENT_BASE_URL=http://|"baseUrl":"http://)([^\s"/]+)`)
	firstKey = regexp.MustCompile(`(?:VOGENT_API_KEY=|"apiKey":")(pnk_\w+)`)
)

// waitUntilReady waits until the server is ready, and finds its address and key.
func (s *server) waitUntilReady(ctx context.Context) error {
	err := poll(startTimeout, "the server's address", func() (bool, error) {
		select {
		case <-s.ended:
			return false, fmt.Errorf("the server has ended: %w\n%s", s.result, s.stderr())
		default:
		}
		found := serving.FindStringSubmatch(s.stderr())
		if found == nil {
			found = serving.FindStringSubmatch(s.stdout())
		}
		if found == nil {
			return false, nil
		}
		s.address = found[1]
		return true, nil
	})
	if err != nil {
		return err
	}
	if found := firstKey.FindStringSubmatch(s.stdout()); found != nil {
		s.key = found[1]
	}
	return poll(startTimeout, "readyz", func() (bool, error) {
		status, _, err := request{url: "http://" + s.address + "/readyz"}.send(ctx)
		return strings.HasPrefix(status, "200"), err
	})
}

// stop sends the signal and returns how the process ended. nil means exit code 0.
func (s *server) stop(signal os.Signal) error {
	if err := s.process.Signal(signal); err != nil {
		return err
	}
	return s.waitForEnd()
}

func (s *server) waitForEnd() error {
	select {
	case <-s.ended:
		return s.result
	case <-time.After(soon):
		return fmt.Errorf("the server has not ended after %s", soon)
	}
}

// request is one HTTP request. The key may be empty.
type request struct {
	method, url, key, body string
	header                 http.Header
}

// send returns the status, such as "200 OK", and the body.
func (r request) send(ctx context.Context) (status, body string, failed error) {
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, strings.NewReader(r.body))
	if err != nil {
		return "", "", err
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	if r.key != "" && req.Header.Get("Authorization") == "" {
		req.Header.Set("Authorization", "Bearer "+r.key)
	}
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", "", err
	}
	defer func() { failed = errors.Join(failed, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	return response.Status, string(text), err
}

// poll calls isSo until it returns true or an error. It returns an error after timeout.
func poll(timeout time.Duration, what string, isSo func() (bool, error)) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(timeout)
	for {
		switch yes, err := isSo(); {
		case yes || err != nil:
			return err
		case time.Now().After(deadline):
			return fmt.Errorf("waited for %s, %s", what, timeout)
		}
		<-tick.C
	}
}

// runProgram runs a command line of phonenumbers in dir. It must end with exit code 0.
func runProgram(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "phonenumbers", args...)
	command.Dir, command.Env = dir, plainEnviron()
	var stderr bytes.Buffer
	command.Stderr = &stderr
	stdout, err := command.Output()
	if err != nil {
		t.Fatalf("phonenumbers %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(stdout)
}

// newServer starts a server in dir that sells only the number forSale. A second server in the same dir uses the same database.
func newServer(t *testing.T, dir string) *server {
	t.Helper()
	numbers := filepath.Join(dir, "numbers.csv")
	if err := os.WriteFile(numbers, []byte(forSale+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	runProgram(t, dir, "inventory", "import", "--replace", numbers)
	s, err := startServer(t, dir, plainEnviron(), "phonenumbers", "serve", "--addr", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	if err := s.waitUntilReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

const forSale = "+14155550100"

// plainEnviron returns the environment without settings of the program and without profiles.
func plainEnviron() []string {
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "PHONENUMBERS_") && !strings.HasPrefix(pair, "VOGENT_") {
			env = append(env, pair)
		}
	}
	return append(env, "GORACE="+raceSettings(), "XDG_CONFIG_HOME=/no-profiles") // if a name is repeated, the last one counts
}

// raceSettings returns GORACE settings without the second that each process under the race detector waits at its end for late
// reports.
func raceSettings() string {
	if settings := os.Getenv("GORACE"); settings != "" {
		return settings
	}
	return "atexit_sleep_ms=0"
}
