package fault_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/api/server"
	"github.com/vogent-community/phonenumbers/internal/sandbox/fault"
)

// works is an API that counts what it carries out.
type works struct {
	server.StrictServerInterface
	done atomic.Int32
}

// GetPhoneNumber returns a number, or the problem whose code is the id.
func (w *works) GetPhoneNumber(
	_ context.Context, r server.GetPhoneNumberRequestObject,
) (server.GetPhoneNumberResponseObject, error) {
	w.done.Add(1)
	if code := api.ProblemCode(r.ID); code.Valid() {
		return nil, api.NewProblem(code, "")
	}
	return server.GetPhoneNumber200JSONResponse{Body: api.PhoneNumber{ID: r.ID, Number: "+14155550100", Type: api.PSTN}}, nil
}

func (w *works) PurchasePhoneNumber(
	context.Context, server.PurchasePhoneNumberRequestObject,
) (server.PurchasePhoneNumberResponseObject, error) {
	w.done.Add(1)
	response := server.PurchasePhoneNumber200JSONResponse{Body: api.PhoneNumber{ID: "1", Number: "+14155550100", Type: api.PSTN}}
	response.Headers.IdempotentReplayed = new("false")
	return response, nil
}

// sandbox is an API with faults, and what a journal of it would see.
type sandbox struct {
	works
	rules    fault.Rules
	stop     chan struct{}
	statuses chan int // of the responses, as they are after Apply
	handler  *echo.Echo
	address  string
}

// newSandbox returns a sandbox that does not listen. inner is middleware between the faults and the operations.
func newSandbox(faults []control.Fault, inner ...echo.MiddlewareFunc) *sandbox {
	s := &sandbox{stop: make(chan struct{}), statuses: make(chan int, 10), handler: echo.New()}
	s.rules.Replace(faults)
	outer := []echo.MiddlewareFunc{s.journal, s.applyFaults}
	server.Register(s.handler, &s.works, server.Options{
		BaseURL: "/api", Middleware: append(outer, inner...),
		Authenticate: func(c echo.Context, _ string) (context.Context, error) { return c.Request().Context(), nil },
		Logger:       slog.New(slog.DiscardHandler),
	})
	s.handler.GET("/nothing/:status", func(c echo.Context) error {
		s.done.Add(1)
		return c.NoContent(map[string]int{"200": 200, "204": 204}[c.Param("status")])
	})
	return s
}

// journal reads the body, as Apply requires.
func (s *sandbox) journal(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		body, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return err
		}
		c.Request().Body = io.NopCloser(bytes.NewReader(body))
		c.Response().Header().Set("From-Outside", "kept")
		defer func() { s.statuses <- c.Response().Status }()
		return next(c)
	}
}

func (s *sandbox) applyFaults(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if f, ok := s.rules.Pick(fault.Request{Operation: "any"}); ok {
			return fault.Apply(c, f, next, s.stop)
		}
		return next(c)
	}
}

func startSandbox(t *testing.T, f control.Fault, inner ...echo.MiddlewareFunc) *sandbox {
	t.Helper()
	s := newSandbox([]control.Fault{f}, inner...)
	srv := httptest.NewServer(s.handler)
	t.Cleanup(srv.Close)
	s.address = srv.Listener.Addr().String()
	return s
}

const (
	purchase = "POST /api/phone_numbers/purchase HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer key\r\nX-Request-Id: id-1\r\n" +
		"Content-Type: application/json\r\nContent-Length: 25\r\n\r\n" + `{"number":"+14155550100"}`
	purchased = `{"id":"1","number":"+14155550100","type":"PSTN","agentId":null}` + "\n"
)

func get(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer key\r\nX-Request-Id: id-1\r\n\r\n"
}

// thenClose makes a request the last one on its connection.
func thenClose(request string) string {
	return strings.Replace(request, "\r\nHost", "\r\nConnection: close\r\nHost", 1)
}

var date = regexp.MustCompile(`Date: [^\r]*\r\n`)

// send sends a request on a new connection. It returns all that comes back until the server closes the connection, without Date
// headers.
func (s *sandbox) send(t *testing.T, request string) string {
	t.Helper()
	conn := s.dial(t)
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	received, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Fatal(err)
	}
	return date.ReplaceAllString(string(received), "")
}

func (s *sandbox) dial(t *testing.T) net.Conn {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil { // for a connection that should be cut but is not
		t.Fatal(err)
	}
	return conn
}

// answer is a response that was received completely.
type answer struct {
	status int
	header http.Header
	body   string
}

func read(t *testing.T, from *bufio.Reader) answer {
	t.Helper()
	r, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("received %q: %v", body, err)
	}
	_ = r.Body.Close()
	return answer{r.StatusCode, r.Header, string(body)}
}

func parse(t *testing.T, received string) answer {
	t.Helper()
	return read(t, bufio.NewReader(strings.NewReader(received)))
}

// wantWork checks whether the work was carried out, and which status a journal sees.
func (s *sandbox) wantWork(t *testing.T, done int32, status int) {
	t.Helper()
	if got := <-s.statuses; got != status {
		t.Errorf("the status after Apply is %d; want %d", got, status)
	}
	if got := s.done.Load(); got != done {
		t.Errorf("the work was carried out %d times; want %d", got, done)
	}
}
