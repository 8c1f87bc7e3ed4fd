package rest_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/rest"
)

// from requests the list of numbers as a caller at an address.
func (s *testServer) from(address, key string, forwardedFor ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/api/phone_numbers", nil)
	r.RemoteAddr = net.JoinHostPort(address, "50000")
	r.Header.Set("Authorization", "Bearer "+key)
	for _, f := range forwardedFor {
		r.Header.Add("X-Forwarded-For", f)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// frozen starts a server whose limits use a stopped clock.
func frozen(t *testing.T, database string, change func(*rest.Services)) *testServer {
	t.Helper()
	now := time.Now()
	var s *testServer
	s = newServerOn(t, database, func(services *rest.Services) {
		services.Now = func() time.Time { return now.Add(time.Duration(s.ahead.Load())) }
		change(services)
	})
	return s
}

// wantRateLimited fails the test unless a response is a 429 with the code rate_limited and the Retry-After.
func wantRateLimited(t *testing.T, w *httptest.ResponseRecorder, retryAfter string) {
	t.Helper()
	if w.Code != http.StatusTooManyRequests {
		t.Errorf("refused: the status is %d; want 429", w.Code)
	}
	if !strings.Contains(w.Body.String(), string(api.CodeRateLimited)) {
		t.Errorf("refused: the body is %s; want %s", w.Body, api.CodeRateLimited)
	}
	wantHeader(t, "refused", w.Header(), "Retry-After", retryAfter)
}

func TestEachKeyHasItsOwnRate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := frozen(t, newDB(t), func(services *rest.Services) { services.RateLimit = rest.RateLimit{PerSecond: 0.5, Burst: 3} })
		busy, calm := s.key(t, "w"), s.key(t, "w")
		for _, want := range []string{`"key";r=2;t=2`, `"key";r=1;t=4`, `"key";r=0;t=6`} {
			w := s.from("192.0.2.1", busy)
			if w.Code != http.StatusOK {
				t.Errorf("got %d %s; want 200", w.Code, w.Body)
			}
			wantHeader(t, "allowed", w.Header(), "RateLimit", want)
			wantHeader(t, "allowed", w.Header(), "RateLimit-Policy", `"key";q=3;w=6`)
		}
		w := s.from("192.0.2.1", busy)
		wantRateLimited(t, w, "2")
		wantHeader(t, "refused", w.Header(), "RateLimit", `"key";r=0;t=6`)
		lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
		if last := lines[len(lines)-1]; !strings.Contains(last, `"status":429`) || !strings.Contains(last, `"workspace":"w"`) {
			t.Errorf("logged %s; want the status 429 and the workspace w", last)
		}
		if w := s.from("192.0.2.1", calm); w.Code != http.StatusOK {
			t.Errorf("another key got %d; want 200", w.Code)
		}
		s.ahead.Add(int64(2 * time.Second))
		if w := s.from("192.0.2.1", busy); w.Code != http.StatusOK {
			t.Errorf("after Retry-After got %d; want 200", w.Code)
		}
	})
}

func TestWithoutALimitThereIsNone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t))
		key := s.key(t, "w")
		for range 300 {
			w := s.from("192.0.2.1", key)
			if w.Code != http.StatusOK {
				t.Fatalf("got %d %s; want 200", w.Code, w.Body)
			}
			wantHeader(t, "without a limit", w.Header(), "RateLimit", "")
		}
	})
}

// tryKeys sends wrong keys until one gets a 429, and returns how many got a 401 before that.
func tryKeys(s *testServer, address string, forwardedFor ...string) int {
	for n := range 1000 {
		if w := s.from(address, "pnk_guess", forwardedFor...); w.Code != http.StatusUnauthorized {
			return n
		}
	}
	return 1000
}

func TestGuessingIsSlow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := frozen(t, newDB(t), func(*rest.Services) {})
		valid := s.key(t, "w")
		if n := tryKeys(s, "192.0.2.1"); n != 60 {
			t.Fatalf("%d guesses at once; want 60", n)
		}
		wantRateLimited(t, s.from("192.0.2.1", "pnk_guess"), "1")
		if w := s.from("192.0.2.1", valid); w.Code != http.StatusOK {
			t.Errorf("a valid key from that address got %d; want 200", w.Code)
		}
		if w := s.from("192.0.2.2", "pnk_guess"); w.Code != http.StatusUnauthorized {
			t.Errorf("another address got %d; want 401", w.Code)
		}
		s.ahead.Add(int64(time.Second))
		if n := tryKeys(s, "192.0.2.1"); n != 1 {
			t.Errorf("%d guesses after a second; want 1", n)
		}
	})
}

func TestXForwardedForCountsBehindTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := frozen(t, newDB(t), func(*rest.Services) {})
		tryKeys(s, "192.0.2.1")
		if n := tryKeys(s, "192.0.2.1", "203.0.113.1"); n != 0 {
			t.Errorf("%d guesses more with another X-Forwarded-For; want none", n)
		}

		_, proxies, err := net.ParseCIDR("10.0.0.0/8")
		if err != nil {
			t.Fatal(err)
		}
		s = frozen(t, newDB(t), func(services *rest.Services) { services.TrustedProxies = []*net.IPNet{proxies} })
		if n := tryKeys(s, "10.0.0.7", "203.0.113.1"); n != 60 {
			t.Fatalf("%d guesses at once; want 60", n)
		}
		for name, test := range map[string]struct {
			address, forwardedFor string
			want                  int
		}{
			"the same caller behind another proxy":   {"10.0.0.8", "203.0.113.1", 0},
			"the same caller behind two proxies":     {"10.0.0.8", "203.0.113.1, 10.0.0.7", 0},
			"what the caller wrote does not count":   {"10.0.0.7", "198.51.100.1, 203.0.113.1", 0},
			"another caller behind the same proxy":   {"10.0.0.7", "203.0.113.2", 60},
			"a stranger who claims to be the caller": {"192.0.2.1", "203.0.113.1", 60},
			"a neighbour who does so":                {"192.168.0.1", "203.0.113.1", 60},
			"one on the same machine who does so":    {"127.0.0.1", "203.0.113.1", 60},
		} {
			if n := tryKeys(s, test.address, test.forwardedFor); n != test.want {
				t.Errorf("%s: %d guesses; want %d", name, n, test.want)
			}
		}
		if n := tryKeys(s, "192.0.2.1", "203.0.113.77"); n != 0 {
			t.Errorf("%d guesses of a stranger under another name; want none", n)
		}
	})
}
