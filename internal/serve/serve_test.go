package serve_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/serve"
	"github.com/vogent-community/phonenumbers/internal/store"
)

// patience is for what comes at once on an idle machine.
const patience = time.Minute

// start starts a server that the test stops at its end, if it has not before.
func start(t *testing.T, o serve.Options) *serve.Server {
	t.Helper()
	s, err := serve.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *serve.Server) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Errorf("Stop returns %v, want nil", err)
	}
}

// buy buys a number with the server's first key.
func buy(t *testing.T, s *serve.Server, opts ...client.CallOption) api.PhoneNumber {
	t.Helper()
	c, err := client.New(client.WithBaseURL(s.BaseURL), client.WithAPIKey(s.FirstKey))
	if err != nil {
		t.Fatal(err)
	}
	n, err := c.Buy(t.Context(), "+14155550100", opts...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// addressOf is the HOST:PORT of a server.
func addressOf(t *testing.T, s *serve.Server) string {
	t.Helper()
	u, err := url.Parse(s.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func dial(t *testing.T, address string) (net.Conn, error) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = conn.Close() }) // the server may have closed it too
	return conn, conn.SetDeadline(time.Now().Add(patience))
}

// eventually waits until a condition is true.
func eventually(t *testing.T, what string, isTrue func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !isTrue(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// messages is a log that keeps only the messages.
type messages struct {
	slog.Handler
	mu   sync.Mutex
	list []string
}

func (m *messages) Enabled(context.Context, slog.Level) bool { return true }

func (m *messages) Handle(_ context.Context, r slog.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, r.Message)
	return nil
}

func (m *messages) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.list, ", ")
}

func TestAServerServesUntilStop(t *testing.T) {
	t.Parallel()
	log := &messages{}
	s := start(t, serve.Options{Database: ":memory:", Log: slog.New(log)})
	if n := buy(t, s); n.Number != "+14155550100" {
		t.Errorf("bought %q, want +14155550100", n.Number)
	}
	select {
	case <-s.Done():
		t.Error("Done is closed before Stop")
	default:
	}
	stop(t, s)
	stop(t, s) // a second time does nothing
	select {
	case <-s.Done():
	default:
		t.Error("Done is open after Stop")
	}
	if _, err := dial(t, addressOf(t, s)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after Stop a connection gets %v, want %v", err, syscall.ECONNREFUSED)
	}
	if want := "serving, request, stopping"; log.String() != want {
		t.Errorf("logged %q, want %q", log, want)
	}
}

// The context of Start is only for the start, as that of a dialer.
func TestAServerOutlivesTheContextOfItsStart(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := serve.Start(ctx, serve.Options{Database: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	buy(t, s)
	stop(t, s)
}

func TestAStartThatIsCanceledFails(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := serve.Start(ctx, serve.Options{Database: ":memory:"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Start returns %v, want %v", err, context.Canceled)
	}
}

func TestOnlyANewDatabaseGetsAFirstKey(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "test.db")
	first := start(t, serve.Options{Database: database})
	if first.FirstKey == "" {
		t.Error("the first start has no first key")
	}
	stop(t, first)
	second := start(t, serve.Options{Database: database})
	if second.FirstKey != "" {
		t.Errorf("the second start has the first key %q, want none", second.FirstKey)
	}
}

// What cannot be shown must not be served: the key would be lost, and nobody would know.
func TestAnErrorOfOnFirstKeyEndsTheStart(t *testing.T) {
	t.Parallel()
	database, log, broken := filepath.Join(t.TempDir(), "test.db"), &messages{}, errors.New("stdout is closed")
	var address string
	_, err := serve.Start(t.Context(), serve.Options{Database: database, Log: slog.New(log), OnFirstKey: func(baseURL, key string) error {
		address = strings.TrimSuffix(strings.TrimPrefix(baseURL, "http://"), "/api")
		if !strings.HasPrefix(key, "pnk_") {
			t.Errorf("the first key is %q, want pnk_...", key)
		}
		return broken
	}})
	if !errors.Is(err, broken) {
		t.Errorf("Start returns %v, want %v", err, broken)
	}
	if log.String() != "" {
		t.Errorf("logged %q, want nothing", log)
	}
	if _, err := dial(t, address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a connection gets %v, want %v", err, syscall.ECONNREFUSED)
	}
}

func TestAnAddressThatIsTakenCostsNoFirstKey(t *testing.T) {
	t.Parallel()
	database, address := filepath.Join(t.TempDir(), "test.db"), addressOf(t, start(t, serve.Options{Database: ":memory:"}))
	_, err := serve.Start(t.Context(), serve.Options{Database: database, Addr: address})
	failure, ok := errors.AsType[*net.OpError](err)
	if !ok || failure.Op != "listen" {
		t.Errorf("Start returns %v, want a *net.OpError with the Op listen", err)
	}
	if start(t, serve.Options{Database: database}).FirstKey == "" {
		t.Error("the next start has no first key")
	}
}

// A server that listens on all addresses tells one that works on this machine.
func TestTheBaseURLWorksOnThisMachine(t *testing.T) {
	t.Parallel()
	s := start(t, serve.Options{Database: ":memory:", Addr: ":0"})
	if !strings.HasPrefix(s.BaseURL, "http://127.0.0.1:") {
		t.Errorf("the base URL is %s, want http://127.0.0.1:PORT/api", s.BaseURL)
	}
	buy(t, s)
}

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
	s := start(t, serve.Options{Database: ":memory:", DrainTimeout: time.Millisecond, Log: slog.New(log)})
	conn, _ := beginLink(t, s) // and never ends it
	stop(t, s)
	if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection of the request is still open")
	}
	if !strings.Contains(log.String(), "stopping, requests cut short") {
		t.Errorf("logged %q, want it to have stopping, requests cut short", log)
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
			"PUT /api/phone_numbers/1 HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{", "HTTP/1.1 4",
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
			conn, err := dial(t, addressOf(t, start(t, o)))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, test.send) // the server may be faster
			got, err := io.ReadAll(conn)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection is still open")
			}
			if !strings.HasPrefix(string(got), test.response) || test.response == "" && len(got) > 0 {
				t.Errorf("the response is %q, want %q", got, test.response)
			}
		})
	}
}

// usedKeys counts the API keys of a database whose last use is saved.
func usedKeys(t *testing.T, database string) (used int) {
	t.Helper()
	st, err := store.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := st.Keys(t.Context())
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if !key.LastUsed.IsZero() {
			used++
		}
	}
	return used
}

func TestTheLastUseOfAKeyIsSavedAtAnInterval(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "test.db")
	buy(t, start(t, serve.Options{Database: database, SaveInterval: time.Millisecond}))
	eventually(t, "the last use of the key", func() bool { return usedKeys(t, database) == 1 })
}

func TestTheLastUseOfAKeyIsSavedByStop(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "test.db")
	s := start(t, serve.Options{Database: database, SaveInterval: time.Hour})
	buy(t, s)
	stop(t, s)
	if used := usedKeys(t, database); used != 1 {
		t.Errorf("the last use of %d keys is saved, want 1", used)
	}
}

func TestOldIdempotencyKeysAreRemovedAtAnInterval(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "test.db")
	s := start(t, serve.Options{Database: database, PruneInterval: time.Millisecond})
	db, err := sql.Open("sqlite", "file:"+database+"?_pragma=busy_timeout(60000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	kept := func() (n int) {
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM idempotency_keys`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	buy(t, s, client.WithIdempotencyKey("k"))
	if n := kept(); n != 1 {
		t.Fatalf("%d idempotency keys are kept, want 1", n)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE idempotency_keys SET created_at = 0`); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the removal of the old idempotency key", func() bool { return kept() == 0 })
}
