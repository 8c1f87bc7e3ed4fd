package rest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

func unescaped(t *testing.T, path string) string {
	t.Helper()
	s, err := url.PathUnescape(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// get asks the handler for a path, with a key unless it is empty.
func (s *testServer) get(path, key string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, nil)
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// wantHeader fails the test unless a header has the value; "" wants no header. The call is for the message.
func wantHeader(t *testing.T, call string, header http.Header, name, want string) {
	t.Helper()
	if got := header.Get(name); got != want {
		t.Errorf("%s: %s is %q; want %q", call, name, got, want)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t))
		valid, revoked := s.key(t, "w"), s.key(t, "w")
		keys, err := s.store.APIKeys(t.Context())
		if err != nil || len(keys) != 2 {
			t.Fatalf("got %d keys, %v; want 2", len(keys), err)
		}
		if w := s.get("/api/phone_numbers", revoked); w.Code != http.StatusOK {
			t.Fatalf("before the key is revoked: the status is %d; want 200", w.Code)
		}
		if err := s.store.RevokeAPIKey(t.Context(), keys[1].ID, time.Now()); err != nil {
			t.Fatal(err)
		}
		for name, test := range map[string]struct {
			key    string
			status int
		}{
			"valid":    {valid, http.StatusOK},
			"revoked":  {revoked, http.StatusUnauthorized},
			"mistyped": {valid[:len(valid)-1] + "!", http.StatusUnauthorized},
			"none":     {"", http.StatusUnauthorized},
		} {
			if w := s.get("/api/phone_numbers", test.key); w.Code != test.status {
				t.Errorf("%s: the status is %d; want %d", name, w.Code, test.status)
			}
		}
	})
}

func TestLastUseOfAKeyIsKeptToTheMinute(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t))
		key := s.key(t, "w")
		now := time.Date(2026, 1, 2, 3, 4, 56, 0, time.UTC)
		s.keys.Now = func() time.Time { return now }
		lastUsed := func() time.Time {
			t.Helper()
			if err := s.keys.SaveLastUsed(t.Context()); err != nil {
				t.Fatal(err)
			}
			keys, err := s.store.APIKeys(t.Context())
			if err != nil || len(keys) != 1 {
				t.Fatalf("got %d keys, %v; want 1", len(keys), err)
			}
			return keys[0].LastUsed
		}
		if got := lastUsed(); !got.IsZero() {
			t.Errorf("before the first use: used at %v; want the zero time", got)
		}
		for range 2 {
			s.get("/api/phone_numbers", key)
			if got := lastUsed(); !got.Equal(now.Truncate(time.Minute)) {
				t.Errorf("used at %v; want %v", got, now.Truncate(time.Minute))
			}
			now = now.Add(time.Hour)
		}
	})
}

func TestHealth(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t))
		for _, path := range []string{"/healthz", "/readyz"} {
			if w := s.get(path, ""); w.Code != http.StatusOK || w.Body.String() != "ok\n" {
				t.Errorf("%s: got %d %q; want 200 \"ok\\n\"", path, w.Code, w.Body)
			}
		}
		if err := s.store.Close(); err != nil {
			t.Fatal(err)
		}
		if w := s.get("/healthz", ""); w.Code != http.StatusOK {
			t.Errorf("/healthz without a database: the status is %d; want 200", w.Code)
		}
		w := s.get("/readyz", "")
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("/readyz without a database: the status is %d; want 503", w.Code)
		}
		if w.Header().Get("Retry-After") == "" {
			t.Errorf("/readyz without a database: the headers are %v; want Retry-After", w.Header())
		}
		if !strings.Contains(w.Body.String(), string(api.CodeStorageUnavailable)) {
			t.Errorf("/readyz without a database: the body is %s; want %s", w.Body, api.CodeStorageUnavailable)
		}
	})
}

func TestTheServerHandsOutItsContract(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t))
		for path, contentType := range map[string]string{"/openapi.yaml": "application/yaml", "/openapi.json": "application/json"} {
			w := s.get(path, "")
			if w.Code != http.StatusOK {
				t.Fatalf("%s: got %d %s; want 200", path, w.Code, w.Body)
			}
			wantHeader(t, path, w.Header(), "Content-Type", contentType)
			var document struct {
				OpenAPI string
				Servers []struct{ URL string }
				Paths   map[string]any
			}
			unmarshal := yaml.Unmarshal
			if contentType == "application/json" {
				unmarshal = json.Unmarshal
			}
			if err := unmarshal(w.Body.Bytes(), &document); err != nil {
				t.Fatal(err)
			}
			if document.OpenAPI != "3.0.3" {
				t.Errorf("%s: openapi is %q; want 3.0.3", path, document.OpenAPI)
			}
			if len(document.Servers) != 3 || document.Servers[0].URL != "/api" {
				t.Errorf("%s: the servers are %+v; want 3, with /api first", path, document.Servers)
			}
			if len(document.Paths) < 4 {
				t.Errorf("%s: the document has %d paths; want 4 or more", path, len(document.Paths))
			}
		}
	})
}

func TestUnknownPathsOutsideTheAPIAreProblems(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		w := newServer(t, newDB(t)).get("/nothing", "")
		if w.Code != http.StatusNotFound {
			t.Errorf("the status is %d; want 404", w.Code)
		}
		wantHeader(t, "/nothing", w.Header(), "Content-Type", "application/problem+json")
	})
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t))
		key := s.key(t, "sales")
		s.get("/api/phone_numbers?number=%2B14155550100", key,
			"X-Request-Id", "r-1", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		type access struct {
			Msg, Method, Route, Workspace string
			RequestID                     string `json:"request_id"`
			TraceID                       string `json:"trace_id"`
			Status                        int
		}
		var line struct {
			access
			Duration int64
		}
		if err := json.Unmarshal([]byte(s.log.String()), &line); err != nil {
			t.Fatalf("%v: %s", err, s.log)
		}
		want := access{"request", http.MethodGet, "/api/phone_numbers", "sales", "r-1", "0af7651916cd43dd8448eb211c80319c", http.StatusOK}
		if line.access != want {
			t.Errorf("logged %+v; want %+v", line.access, want)
		}
		if line.Duration <= 0 {
			t.Errorf("logged the duration %d; want more than 0", line.Duration)
		}
		for _, secret := range []string{key, "4155550100"} {
			if strings.Contains(s.log.String(), secret) {
				t.Errorf("logged %s; want no %q in it", s.log, secret)
			}
		}
	})
}

func TestTraceIDs(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":     true,
		"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-new": true,
		"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01":     false,
		"0af7651916cd43dd8448eb211c80319c":                            false,
		"":                                                            false,
	} {
		s := newServer(t, dbtest.SQLite(t))
		s.get("/healthz", "", "Traceparent", header)
		if got := strings.Contains(s.log.String(), "trace_id"); got != want {
			t.Errorf("%q: a trace_id is logged: %t; want %t: %s", header, got, want, s.log)
		}
	}
}

// While another process holds the database, writes are refused with a Retry-After, and reads go on.
func TestALockedDatabaseRefusesWritesAndReadsOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		t.Parallel() // the server waits 5 seconds for the lock
		s := newServer(t, newDB(t), first)
		c := s.client(t, "w")
		n := create(t, c, api.Purchase(first))
		release := lockDatabase(t, s.database)

		put, err := c.UpdatePhoneNumberWithResponse(t.Context(), n.ID, api.UpdatePhoneNumberInput{AgentID: api.LinkAgent("a")})
		dbtest.Must(t, err)
		if p := put.ApplicationProblemJSON503; p == nil || p.Code != api.CodeStorageUnavailable {
			t.Errorf("update: got %d %s; want 503 %s", put.StatusCode(), put.Body, api.CodeStorageUnavailable)
		}
		if put.HTTPResponse.Header.Get("Retry-After") == "" {
			t.Errorf("update: the headers are %v; want Retry-After", put.HTTPResponse.Header)
		}
		got, err := c.GetPhoneNumberWithResponse(t.Context(), n.ID)
		dbtest.Must(t, err)
		wantNumber(t, "get", got.JSON200, got.Body, n)
		release()
		put, err = c.UpdatePhoneNumberWithResponse(t.Context(), n.ID, api.UpdatePhoneNumberInput{AgentID: api.LinkAgent("a")})
		dbtest.Must(t, err)
		if put.JSON200 == nil {
			t.Errorf("update after the lock: got %d %s; want 200", put.StatusCode(), put.Body)
		}
	})
}

// lockDatabase makes writes wait until release.
func lockDatabase(t *testing.T, database string) (release func()) {
	t.Helper()
	lock := "BEGIN IMMEDIATE"
	if sqldb.IsPostgres(database) {
		lock = "BEGIN; LOCK TABLE phone_numbers IN EXCLUSIVE MODE"
	}
	session, err := dbtest.Connect(t, database).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.ExecContext(t.Context(), lock); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := session.ExecContext(t.Context(), "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
	}
}
