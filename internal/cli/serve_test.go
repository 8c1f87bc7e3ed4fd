package cli_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// If the server is told to stop while it works on a request, it still responds to the request. Meanwhile, it accepts no other
// connection.
func TestARequestInFlightIsAnsweredWhenTheServerStops(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]os.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": os.Interrupt} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := newServer(t, dir)
			id := buy(t, s)
			link := beginLink(t, s, id)

			if err := s.process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			waitUntilRefused(t, s)
			const linked = `"agentId":"agent_1"`
			if status, body := link.finish(t); status != http.StatusOK || !strings.Contains(body, linked) {
				t.Errorf("the request in flight: got %d %s; want %d with %s", status, body, http.StatusOK, linked)
			}
			if err := s.waitForEnd(); err != nil {
				t.Errorf("the server has ended with %v, want exit code 0\n%s", err, s.stderr())
			}

			again := newServer(t, dir)
			if again.key != "" {
				t.Errorf("the second start has printed the key %s; want none", again.key)
			}
			status, body, err := request{url: again.url("/phone_numbers/" + id), key: s.key}.send(t.Context())
			if err != nil || !strings.Contains(body, linked) {
				t.Errorf("after the next start: got %s %s, %v; want %s", status, body, err, linked)
			}
		})
	}
}

// A second signal ends the server without waiting for the requests in flight.
func TestASecondSignalEndsTheServerAtOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t, t.TempDir())
	beginLink(t, s, buy(t, s)) // the request never ends

	if err := s.process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitUntilRefused(t, s)
	err := poll(soon, "the end", func() (bool, error) {
		err := s.process.Signal(syscall.SIGTERM)
		return errors.Is(err, os.ErrProcessDone), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	exit, ok := errors.AsType[*exec.ExitError](s.waitForEnd())
	if !ok {
		t.Fatalf("the server has ended with %v, want a signal", s.result)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() != syscall.SIGTERM {
		t.Errorf("the server has ended with %v, want SIGTERM", exit)
	}
}

// A server that is told to stop while it is still creating its database stops, and that is not a failure.
func TestAServerThatIsStartingStopsAtASignal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := startServer(t, dir, plainEnviron(), "phonenumbers", "serve", "--addr", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	err = poll(startTimeout, "the key file", func() (bool, error) { // the server then adds 59,000 numbers
		_, err := os.Stat(filepath.Join(dir, "phonenumbers.db.key"))
		return err == nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.stop(syscall.SIGTERM); err != nil {
		t.Errorf("the server has ended with %v, want exit code 0\n%s", err, s.stderr())
	}
	if !strings.Contains(s.stdout(), "VOGENT_API_KEY") && strings.Contains(runProgram(t, dir, "keys", "list"), "first") {
		t.Error("there is a first key, and nobody has seen it")
	}
}

func TestHeadersAreLimitedTo16KiB(t *testing.T) {
	t.Parallel()
	s := newServer(t, t.TempDir())
	const tooLarge = "431 Request Header Fields Too Large"
	for _, c := range []struct {
		connection string // net/http allows up to 4 KiB more on a connection that it has already used
		size       int
		want       string
	}{
		{"close", 15 << 10, "200 OK"},
		{"close", 17 << 10, tooLarge},
		{"keep-alive", 15 << 10, "200 OK"},
		{"keep-alive", 21 << 10, tooLarge},
	} {
		header := http.Header{"X-Filler": {strings.Repeat("x", c.size)}, "Connection": {c.connection}}
		status, body, err := request{url: s.url("/phone_numbers"), key: s.key, header: header}.send(t.Context())
		if err != nil || status != c.want {
			t.Errorf("headers of %d bytes, connection %s: got %s %s, %v; want %s", c.size, c.connection, status, body, err, c.want)
		}
	}
}

func (s *server) url(path string) string { return "http://" + s.address + "/api" + path }

// buy buys the only number that is for sale and returns its id.
func buy(t *testing.T, s *server) string {
	t.Helper()
	r := request{method: http.MethodPost, url: s.url("/phone_numbers/purchase"), key: s.key, body: fmt.Sprintf(`{"number": %q}`, forSale)}
	status, body, err := r.send(t.Context())
	_, rest, found := strings.Cut(body, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	if err != nil || !found {
		t.Fatalf("buy %s: got %s %s, %v; want an id", forSale, status, body, err)
	}
	return id
}

// heldRequest is a PUT whose body the server waits for.
type heldRequest struct {
	net.Conn
	answer *bufio.Reader
}

const linkBody = `{"agentId": "agent_1"}`

// beginLink sends a request without its body. It returns after the server has sent 100 Continue, which means that the server
// has begun to read the body: the request is in flight.
func beginLink(t *testing.T, s *server, id string) heldRequest {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the server has closed it too
	if err := conn.SetDeadline(time.Now().Add(startTimeout)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT /api/phone_numbers/%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", id, s.address, s.key, len(linkBody))
	held := heldRequest{conn, bufio.NewReader(conn)}
	line, err := held.answer.ReadString('\n')
	if err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("the server responds with %q, %v; want 100 Continue", line, err)
	}
	if _, err := held.answer.ReadString('\n'); err != nil { // the empty line after it
		t.Fatal(err)
	}
	return held
}

// finish sends the body and returns the response.
func (h heldRequest) finish(t *testing.T) (status int, body string) {
	t.Helper()
	if _, err := io.WriteString(h.Conn, linkBody); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(h.answer, nil)
	if err != nil {
		t.Fatalf("the request in flight got no answer: %v", err)
	}
	text, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// waitUntilRefused waits until the server accepts no more connections. The server must still be running then, because a request
// is in flight.
func waitUntilRefused(t *testing.T, s *server) {
	t.Helper()
	err := poll(soon, "a refused connection", func() (bool, error) {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.address)
		if err == nil {
			return false, conn.Close()
		}
		return errors.Is(err, syscall.ECONNREFUSED), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.ended:
		t.Fatalf("the server has ended before the request in flight was answered: %v\n%s", s.result, s.stderr())
	default:
	}
}
