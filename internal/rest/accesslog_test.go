package rest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

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
