// Package apitest runs the real server of this module in memory, for tests of Go programs that use the API. It checks requests
// like the server of 'phonenumbers serve', and keeps what they change. This is a test of openSupportLine, a function that buys a
// number and links it to an agent. The server loses the response to the purchase, then a call to the number shows which agent
// answers:
//
//	func TestSupportLine(t *testing.T) {
//		srv := apitest.NewServer(t)
//		srv.Fail(control.Fault{Operation: "createPhoneNumber", Cut: control.CutAfter, Times: 1})
//		number, err := openSupportLine(t.Context(), srv.Client(), "agent_1")
//		if err != nil {
//			t.Fatal(err)
//		}
//		call, err := srv.Call(number, "+18005550100")
//		if err != nil || call.AgentID != "agent_1" {
//			t.Errorf("the call gives %+v, %v; want agent_1", call, err)
//		}
//		if numbers := srv.Numbers(); len(numbers) != 1 {
//			t.Errorf("the numbers are %v; want one", numbers)
//		}
//	}
//
// Programs that read VOGENT_BASE_URL and VOGENT_API_KEY get them from [Server.URL] and [Server.Key]. For tests in other
// languages, there is 'phonenumbers sandbox'.
package apitest

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox"
	"github.com/vogent-community/phonenumbers/internal/sandbox/inbound"
)

// The errors of [Server.Call] for a call that no agent would answer.
var (
	ErrUnlinked = inbound.ErrUnlinked // the number has no agent
	ErrUnknown  = inbound.ErrUnknown  // no workspace has the number
	ErrDeleted  = inbound.ErrDeleted  // the number was deleted
)

// Server is a server with its own database in memory. Unless a seed says otherwise, it begins with no numbers, and sells the
// fictional numbers, such as +14155550100. Ids and the API key are the same for every Server, if the same requests come in the
// same order. A Server is safe for concurrent use, and parallel tests can each have one.
type Server struct {
	URL string // the base URL of the API, such as http://127.0.0.1:41953/api
	Key string // the API key: the first one of the seed, or the one that every Server has

	tb      testing.TB
	sandbox *sandbox.Sandbox
	advance atomic.Int64 // nanoseconds
}

// Option changes the server that [NewServer] starts.
type Option func(*settings) error

type settings struct {
	seed control.Seed
	now  func() time.Time // the clock without Advance
}

// WithSeed starts the server with numbers, agents, API keys and so on. The test fails if the seed has mistakes.
func WithSeed(seed control.Seed) Option {
	return func(s *settings) error {
		s.seed = seed
		return sandbox.CheckSeed(seed)
	}
}

// WithSeedFile is [WithSeed] for a seed in a YAML file, as 'phonenumbers sandbox --seed' reads it.
func WithSeedFile(path string) Option {
	return func(s *settings) (err error) {
		s.seed, err = sandbox.ReadSeed(path)
		return err
	}
}

// WithTime stops the clock of the server at t. Only [Server.Advance] moves it. Without this option, the clock runs.
func WithTime(t time.Time) Option {
	return func(s *settings) error {
		s.now = func() time.Time { return t }
		return nil
	}
}

// NewServer starts a server on a free port of 127.0.0.1. It stops at the end of the test. If it cannot start, the test fails.
// Warnings of the server go to the log of the test.
func NewServer(tb testing.TB, options ...Option) *Server {
	tb.Helper()
	s := &Server{tb: tb}
	set := settings{now: time.Now}
	for _, option := range options {
		s.must(option(&set))
	}
	var err error
	s.sandbox, err = sandbox.Start(s.context(), sandbox.Options{
		Seed: set.seed,
		Log:  slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Now:  func() time.Time { return set.now().Add(time.Duration(s.advance.Load())) },
	})
	s.must(err)
	tb.Cleanup(func() {
		if err := s.sandbox.Stop(); err != nil {
			tb.Errorf("apitest: %v", err)
		}
	})
	s.URL, s.Key = s.sandbox.BaseURL, s.sandbox.Key()
	return s
}

// context returns a context that functions of Cleanup can use too: that of the test has ended when they run.
func (s *Server) context() context.Context { return context.WithoutCancel(s.tb.Context()) }

// must fails the test if err is not nil.
func (s *Server) must(err error) {
	s.tb.Helper()
	if err != nil {
		s.tb.Fatalf("apitest: %v", err)
	}
}

// Client returns a client of the server. Options that are given override its URL and key.
func (s *Server) Client(options ...client.Option) *client.Client {
	s.tb.Helper()
	c, err := client.New(append([]client.Option{client.WithBaseURL(s.URL), client.WithAPIKey(s.Key)}, options...)...)
	s.must(err)
	return c
}

// Numbers returns all numbers that the server has for its API key, oldest first. It does not send a request, so no fault hits it,
// and it is not among the [Server.Requests].
func (s *Server) Numbers() []api.PhoneNumber {
	s.tb.Helper()
	numbers, err := s.sandbox.Numbers(s.context())
	s.must(err)
	return numbers
}

// Requests returns the last 10,000 requests to the API, newest last. They contain no API keys and no passwords.
func (s *Server) Requests() []control.Request { return s.sandbox.Requests() }

// Fail makes requests fail from now on. Faults that were added earlier come first: a request is hit by the first fault that
// applies. The test fails if the fault has mistakes.
func (s *Server) Fail(f control.Fault) {
	s.tb.Helper()
	s.must(s.sandbox.Fail(f))
}

// ClearFaults removes all faults, such as at the end of an outage.
func (s *Server) ClearFaults() { s.sandbox.ClearFaults() }

// Call says which agent would answer a call to a number in E.164 form, or to the SIP prefix of a SIP address, from a number in
// E.164 form. If the seed has a webhook, Call sends it, and waits up to 3 seconds for the response. If no agent would answer, the
// error is [ErrUnlinked], [ErrUnknown] or [ErrDeleted].
func (s *Server) Call(to, from string) (control.Call, error) {
	return s.sandbox.Call(s.context(), control.CallInput{To: to, From: from})
}

// Advance moves the clock of the server forward: after 24 hours, for example, it has forgotten idempotency keys. Clients do not
// see this clock.
func (s *Server) Advance(d time.Duration) { s.advance.Add(int64(d)) }
