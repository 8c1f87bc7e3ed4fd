package serve_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/serve"
)

const linkBody = `{"agentId": "agent_1"}`

// beginLink sends all of a request but its body. When it returns, the request is in flight: the server has asked for the body
// with 100 Continue.
func beginLink(t *testing.T, s *serve.Server) (conn net.Conn, responses *bufio.Reader) {
	t.Helper()
	id := buy(t, s).ID
	conn, err := dial(t, addressOf(t, s))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT /api/phone_numbers/%s HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", id, s.FirstKey, len(linkBody))
	responses = bufio.NewReader(conn)
	line, err := responses.ReadString('\n')
	if err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("the server responds with %q, %v; want 100 Continue", line, err)
	}
	if _, err := responses.ReadString('\n'); err != nil { // the empty line after it
		t.Fatal(err)
	}
	return conn, responses
}

// beginStop stops a server in the background. When it returns, the server accepts no more connections.
func beginStop(t *testing.T, s *serve.Server) (ended chan error) {
	t.Helper()
	address := addressOf(t, s)
	ended = make(chan error, 1)
	go func() { ended <- s.Stop() }()
	eventually(t, "a refused connection", func() bool {
		_, err := dial(t, address)
		return errors.Is(err, syscall.ECONNREFUSED)
	})
	return ended
}

func TestStopWaitsForARequestInFlight(t *testing.T) {
	t.Parallel()
	s := start(t, serve.Options{Database: ":memory:", DrainTimeout: patience})
	conn, responses := beginLink(t, s)
	ended := beginStop(t, s)
	if _, err := io.WriteString(conn, linkBody); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(responses, nil)
	if err != nil {
		t.Fatalf("the request in flight gets no response: %v", err)
	}
	_ = response.Body.Close() // only its status matters
	if response.StatusCode != http.StatusOK {
		t.Errorf("the request in flight gets %s, want 200 OK", response.Status)
	}
	if err := <-ended; err != nil {
		t.Errorf("Stop returns %v, want nil", err)
	}
}

func TestStopCutsARequestAfterTheDrainTimeout(t *testing.T) {
	t.Parallel()
	log := &messages{}
	s := start(t, serve.Options{Database: ":memory:", DrainTimeout: time.Millisecond, ReadTimeout: time.Hour, Log: slog.New(log)})
	conn, _ := beginLink(t, s) // and never ends it
	stop(t, s)
	if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection of the request is still open")
	}
	if !strings.Contains(log.String(), "stopping, requests interrupted") {
		t.Errorf("logged %q, want it to have stopping, requests interrupted", log)
	}
}

// A connection on which too little happens is closed. The other time-outs are too long to close it.
func TestEachTimeoutClosesAConnection(t *testing.T) {
	t.Parallel()
	const healthz = "GET /healthz HTTP/1.1\r\nHost: test\r\n"
	for name, test := range map[string]struct {
		change   func(*serve.Options)
		send     string
		response string
	}{
		"ReadHeaderTimeout": {func(o *serve.Options) { o.ReadHeaderTimeout = time.Millisecond }, healthz, ""},
		"ReadTimeout": {
			func(o *serve.Options) { o.ReadTimeout = time.Millisecond },
			"PUT /api/phone_numbers/1 HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer KEY\r\n" +
				"Content-Type: application/json\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{",
			"HTTP/1.1 4",
		},
		"WriteTimeout": {func(o *serve.Options) { o.WriteTimeout = time.Nanosecond }, healthz + "Connection: close\r\n\r\n", ""},
		"IdleTimeout":  {func(o *serve.Options) { o.IdleTimeout = time.Millisecond }, healthz + "\r\n", "HTTP/1.1 200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := serve.Options{
				Database: ":memory:", ReadHeaderTimeout: time.Hour, ReadTimeout: time.Hour, WriteTimeout: time.Hour, IdleTimeout: time.Hour,
			}
			test.change(&o)
			s := start(t, o)
			conn, err := dial(t, addressOf(t, s))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, strings.Replace(test.send, "KEY", s.FirstKey, 1)) // the server may be faster
			got, err := io.ReadAll(conn)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection is still open")
			}
			if !strings.HasPrefix(string(got), test.response) {
				t.Errorf("the response is %q; want %q first", got, test.response)
			}
			if test.response == "" && len(got) > 0 {
				t.Errorf("the response is %q; want none", got)
			}
		})
	}
}
