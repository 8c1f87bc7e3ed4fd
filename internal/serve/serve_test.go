package serve_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/serve"
)

// patience is how long to wait for what takes no time on an idle machine.
const patience = time.Minute

// start starts a server and stops it at the end of the test, if the test has not stopped it before.
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

// addressOf returns the HOST:PORT of a server.
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

// The context of Start is only for the start, like the context of a dialer.
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

// If the key cannot be shown, the server must not run: the key would be lost, and nobody
// would know.
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

// A server that listens on all addresses reports one that works on this machine.
func TestTheBaseURLWorksOnThisMachine(t *testing.T) {
	t.Parallel()
	s := start(t, serve.Options{Database: ":memory:", Addr: ":0"})
	if !strings.HasPrefix(s.BaseURL, "http://127.0.0.1:") {
		t.Errorf("the base URL is %s, want http://127.0.0.1:PORT/api", s.BaseURL)
	}
	buy(t, s)
}
