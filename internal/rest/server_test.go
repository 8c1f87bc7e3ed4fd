package rest_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api/client/raw"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/serve"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// secretKey is the key with which the servers of these tests seal secrets.
const secretKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// testServer is the whole server, behind a real listener.
type testServer struct {
	url      string // without /api
	database string
	handler  http.Handler
	store    *store.Store
	keys     *workspace.Service
	log      *lockedBuffer
	ahead    atomic.Int64 // how many nanoseconds the server's clock is ahead
}

func (s *testServer) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// newServer starts a server that sells the given numbers and no others.
func newServer(t *testing.T, database string, forSale ...string) *testServer {
	t.Helper()
	s := newServerOn(t, database, func(*rest.Services) {})
	if _, err := s.store.AddToInventory(t.Context(), slices.Values(forSale), true); err != nil {
		t.Fatal(err)
	}
	return s
}

// newServerOn starts a server on a database that other servers may use too. change can change the services before the start.
func newServerOn(t *testing.T, database string, change func(*rest.Services)) *testServer {
	t.Helper()
	st, err := store.OpenLimited(t.Context(), database, sqldb.ConnectionLimits{Statement: serve.DefaultStatementTimeout, Turn: storetest.Turn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := st.Unlock(t.Context(), secretKey); err != nil {
		t.Fatal(err)
	}
	services := serve.Services(st)
	s := &testServer{database: database, store: st, keys: services.Workspaces, log: &lockedBuffer{}}
	services.Log = slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	services.Now, services.Phone.Now, services.Workspaces.Now = s.now, s.now, s.now
	services.About.Version = "v0.0.0-test"
	change(&services)
	s.handler, err = rest.New(services)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(s.handler)
	t.Cleanup(listener.Close)
	s.url = listener.URL
	return s
}

// key makes an API key for the workspace of that name.
func (s *testServer) key(t *testing.T, workspaceName string) string {
	t.Helper()
	key, err := s.keys.CreateKey(t.Context(), workspaceName, "test")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// client returns the generated client with a new key of the workspace of that name.
func (s *testServer) client(t *testing.T, workspaceName string) *raw.ClientWithResponses {
	t.Helper()
	return clientOf(t, s.url, s.key(t, workspaceName))
}

func clientOf(t *testing.T, url, key string) *raw.ClientWithResponses {
	t.Helper()
	c, err := raw.NewClientWithResponses(url+"/api", raw.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+key)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lockedBuffer is a buffer for the server's log. It is safe for concurrent use.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
