package rest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

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

// get sends the handler a GET for a path, with the key unless it is empty.
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

// wantHeader fails the test unless a header has the value. If the value is "", there must be no such header. The message names
// the call.
func wantHeader(t *testing.T, call string, header http.Header, name, want string) {
	t.Helper()
	if got := header.Get(name); got != want {
		t.Errorf("%s: %s is %q; want %q", call, name, got, want)
	}
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

// While another process has locked the database, writes are refused with a Retry-After, and reads still succeed.
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

// lockDatabase makes writes wait until release is called.
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
