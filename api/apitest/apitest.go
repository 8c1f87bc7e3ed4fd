// Package apitest runs the real server of this module in memory, for tests of Go programs that use the API. It checks requests
// like the server of 'phonenumbers serve', and keeps what they change. This is a test of openSupportLine, a function that buys a
// number and links it to an agent:
//
//	func TestSupportLine(t *testing.T) {
//		srv := apitest.NewServer(t)
//		if err := openSupportLine(t.Context(), srv.Client(), "agent_1"); err != nil {
//			t.Fatal(err)
//		}
//		numbers := srv.Numbers()
//		if len(numbers) != 1 {
//			t.Fatalf("the numbers are %v; want one", numbers)
//		}
//		if agent := numbers[0].AgentID; agent == nil || *agent != "agent_1" {
//			t.Errorf("the number is %+v; want one that is linked to agent_1", numbers[0])
//		}
//	}
//
// Programs that read VOGENT_BASE_URL and VOGENT_API_KEY get them from [Server.URL] and [Server.Key]. For tests in other
// languages, there is 'phonenumbers sandbox'.
package apitest

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/sandbox"
)

// Server is a server with its own database in memory, which begins with no numbers. It sells the fictional numbers, such as
// +14155550100. Ids and the API key are the same for every Server, if the same requests come in the same order. A Server is safe
// for concurrent use, and parallel tests can each have one.
type Server struct {
	URL string // the base URL of the API, such as http://127.0.0.1:41953/api
	Key string // the API key

	tb      testing.TB
	advance atomic.Int64 // nanoseconds
}

// NewServer starts a server on a free port of 127.0.0.1. It stops at the end of the test. If it cannot start, the test fails.
// Warnings of the server go to the log of the test.
func NewServer(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{tb: tb}
	server, err := sandbox.Start(tb.Context(), sandbox.Options{
		Log: slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Now: func() time.Time { return time.Now().Add(time.Duration(s.advance.Load())) },
	})
	if err != nil {
		tb.Fatalf("apitest: %v", err)
	}
	tb.Cleanup(func() {
		if err := server.Stop(); err != nil {
			tb.Errorf("apitest: %v", err)
		}
	})
	s.URL, s.Key = server.BaseURL, server.FirstKey
	return s
}

// Client returns a client of the server. Options that are given override its URL and key.
func (s *Server) Client(options ...client.Option) *client.Client {
	s.tb.Helper()
	c, err := client.New(append([]client.Option{client.WithBaseURL(s.URL), client.WithAPIKey(s.Key)}, options...)...)
	if err != nil {
		s.tb.Fatalf("apitest: %v", err)
	}
	return c
}

// Numbers returns all numbers that the server has for its API key, oldest first.
func (s *Server) Numbers() []api.PhoneNumber {
	s.tb.Helper()
	var numbers []api.PhoneNumber
	for n, err := range s.Client().All(s.tb.Context(), api.ListPhoneNumbersParams{}) {
		if err != nil {
			s.tb.Fatalf("apitest: %v", err)
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// Advance moves the clock of the server forward: after 24 hours, for example, it has forgotten idempotency keys. Clients do not
// see this clock.
func (s *Server) Advance(d time.Duration) { s.advance.Add(int64(d)) }
