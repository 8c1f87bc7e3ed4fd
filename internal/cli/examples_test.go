package cli_test

import (
	"errors"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const examples = "../../examples/"

// shellInSandbox runs a script with a sandbox, and returns its output.
func shellInSandbox(t *testing.T, script string, flags ...string) (string, error) {
	t.Helper()
	needs(t, "curl")
	args := append(append([]string{"sandbox"}, flags...), "--", "sh", "-euc", script)
	command := exec.CommandContext(t.Context(), "phonenumbers", args...)
	command.Dir, command.Env = t.TempDir(), plainEnviron()
	output, err := command.CombinedOutput()
	return string(output), err
}

func TestTheExampleOfAShellTestPasses(t *testing.T) {
	t.Parallel()
	test := readPage(t, examples+"shell/support-line-test.sh")
	if output, err := shellInSandbox(t, test); err != nil {
		t.Errorf("the test ends with %v and prints %q; want no error", err, output)
	}
}

func TestTheExampleOfAShellTestFindsMistakes(t *testing.T) {
	t.Parallel()
	test := readPage(t, examples+"shell/support-line-test.sh")
	for name, mistake := range map[string]struct{ correct, wrong, message string }{
		"no Idempotency-Key": {` -H "Idempotency-Key: $3"`, "", "number_unavailable"},
		"another agent":      {`\"agentId\": \"$2\"`, `\"agentId\": \"agent_2\"`, `agent_2"}; want agent_1`},
		"no link":            {`\"agentId\": \"$2\"`, "", "number_unlinked"},
		"no retry":           {" --retry 3 --retry-all-errors", "", "Empty reply from server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(test, mistake.correct, mistake.wrong, 1)
			output, err := shellInSandbox(t, changed)
			if changed == test || err == nil || !strings.Contains(output, mistake.message) {
				t.Errorf("the test ends with %v and prints %q; want an error and %q in it", err, output, mistake.message)
			}
		})
	}
}

// The lines with curl in docs/testing.md work in a sandbox, one after the other.
func TestTheRequestsInTheDocsAboutTestingWork(t *testing.T) {
	t.Parallel()
	lines := regexp.MustCompile("(?s)```sh\n(curl .*?)```\n").FindAllStringSubmatch(readPage(t, "../../docs/testing.md"), -1)
	if len(lines) != 2 {
		t.Fatalf("found %d blocks with curl in docs/testing.md, want 2", len(lines))
	}
	script := "phonenumbers buy +14155550199 --yes\n"
	for _, each := range lines {
		script += each[1]
	}
	output, err := shellInSandbox(t, script+"phonenumbers list")
	want := regexp.MustCompile(`(?s)"operation":"createPhoneNumber".*\+14155550100\tPSTN\tagent_1\n$`)
	if err != nil || !want.MatchString(output) {
		t.Errorf("the requests end with %v and print %q; want no error, the purchase and the number of the new seed", err, output)
	}
}

// Each fault in examples/sandbox/faults.yaml has the effect that its comment says, on a number of examples/sandbox/seed.yaml.
func TestTheExamplesOfFaultsHaveTheirEffects(t *testing.T) {
	t.Parallel()
	s := startExamples(t)
	const id = "/phone_numbers/01900000-0000-7000-8000-00000000a001"
	for range 2 {
		s.want(t, "GET", "/phone_numbers", "", 429, "busy", "rate_limited")
	}
	s.want(t, "GET", "/phone_numbers", "", 200, "", "+14155550100")
	s.want(t, "POST", "/phone_numbers/search", `{"prefix": "415"}`, 502, "bad-gateway", "<h1>Bad Gateway</h1>")
	start := time.Now()
	s.want(t, "GET", id, "", 200, "slow", "agent_1")
	if took := time.Since(start); took < 1500*time.Millisecond {
		t.Errorf("the slow request took %v; want 1.5s or more", took)
	}
	s.cut(t, "DELETE", id, "", io.EOF)
	s.cut(t, "POST", "/phone_numbers", `{"type": "purchase", "purchase": {"number": "+14155550123"}}`, io.EOF)
	s.cut(t, "PUT", id, `{"agentId": "agent_2"}`, io.ErrUnexpectedEOF)
	s.want(t, "GET", "/phone_numbers?number=%2B14155550100", "", 200, "", `"agentId":"agent_2"`)
	s.want(t, "GET", "/phone_numbers?number=%2B14155550123", "", 200, "", `"number":"+14155550123"`)
}

// sandboxed is a running sandbox.
type sandboxed struct{ url, key string }

// startExamples starts a sandbox with the examples of a seed and of faults.
func startExamples(t *testing.T) sandboxed {
	t.Helper()
	folder, err := filepath.Abs(examples + "sandbox")
	if err != nil {
		t.Fatal(err)
	}
	s, err := startServer(t, t.TempDir(), plainEnviron(), "phonenumbers", "sandbox",
		"--seed", filepath.Join(folder, "seed.yaml"), "--faults", filepath.Join(folder, "faults.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	if err := s.waitUntilReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := "export VOGENT_API_KEY=test-key-1\n"; !strings.Contains(s.stdout(), want) {
		t.Fatalf("the sandbox prints %q; want %q in it", s.stdout(), want)
	}
	return sandboxed{"http://" + s.address + "/api", "test-key-1"}
}

// reply is a response to a request.
type reply struct {
	status int
	header http.Header
	body   string
}

// send sends a request on a new connection, because net/http repeats some requests on one that it has used before.
func (s sandboxed) send(t *testing.T, method, path, body string) (reply, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.key)
	request.Header.Set("Content-Type", "application/json")
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(text)}, err
}

// want sends a request, and checks the status, the fault and a part of the body of the response.
func (s sandboxed) want(t *testing.T, method, path, body string, status int, fault, part string) {
	t.Helper()
	got, err := s.send(t, method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	name := got.header.Get("Phonenumbers-Fault")
	if got.status != status || name != fault || !strings.Contains(got.body, part) {
		t.Errorf("%s %s: the response is %d, fault %q, %q; want %d, fault %q, and %q in it", method, path, got.status, name, got.body, status, fault, part)
	}
	if after := got.header.Get("Retry-After"); status == http.StatusTooManyRequests && after != "2" {
		t.Errorf("%s %s: Retry-After is %q; want 2", method, path, after)
	}
}

// cut sends a request whose connection must be cut.
func (s sandboxed) cut(t *testing.T, method, path, body string, want error) {
	t.Helper()
	if got, err := s.send(t, method, path, body); !errors.Is(err, want) {
		t.Errorf("%s %s: the response is %+v, %v; want the error %v", method, path, got, err, want)
	}
}
