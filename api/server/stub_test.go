package server_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/server"
)

const key = "secret"

// stub is an implementation that responds to Get and List as a test wants it to, and counts what reaches it.
type stub struct {
	memory
	get    func(context.Context) (server.GetPhoneNumberResponseObject, error)
	list   func(api.ListPhoneNumbersParams) (server.ListPhoneNumbersResponseObject, error)
	update func(api.AgentLink)
	calls  int
}

func (s *stub) GetPhoneNumber(ctx context.Context, _ server.GetPhoneNumberRequestObject) (server.GetPhoneNumberResponseObject, error) {
	s.calls++
	return s.get(ctx)
}

func (s *stub) ListPhoneNumbers(_ context.Context, r server.ListPhoneNumbersRequestObject) (server.ListPhoneNumbersResponseObject, error) {
	s.calls++
	if s.list != nil {
		return s.list(r.Params)
	}
	return server.ListPhoneNumbers200JSONResponse{}, nil
}

func (s *stub) UpdatePhoneNumber(_ context.Context, r server.UpdatePhoneNumberRequestObject) (server.UpdatePhoneNumberResponseObject, error) {
	s.calls++
	if s.update != nil {
		s.update(r.Body.AgentID)
	}
	return server.UpdatePhoneNumber200JSONResponse{}, nil
}

func (s *stub) CreatePhoneNumber(context.Context, server.CreatePhoneNumberRequestObject) (server.CreatePhoneNumberResponseObject, error) {
	s.calls++
	return server.CreatePhoneNumber200JSONResponse{}, nil
}

func newEcho(impl server.StrictServerInterface, log io.Writer) *echo.Echo {
	e := echo.New()
	server.Register(e, impl, server.Options{
		BaseURL: "/api",
		Authenticate: func(c echo.Context, got string) (context.Context, error) {
			if got != key {
				return nil, api.NewProblem(api.CodeUnauthorized, "")
			}
			return c.Request().Context(), nil
		},
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	return e
}

// request returns a request with the right key. header has names and values to set. An empty value removes the header, and
// EMPTY sets it to the empty string.
func request(method, target, body string, header ...string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Del(header[i])
		if header[i+1] != "" {
			r.Header.Set(header[i], strings.TrimPrefix(header[i+1], "EMPTY"))
		}
	}
	return r
}

// problemOf checks that a response is a complete problem document, and returns it.
func problemOf(t *testing.T, w *httptest.ResponseRecorder) api.Problem {
	t.Helper()
	var p api.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("got %d %s: %v; want a problem document", w.Code, w.Body, err)
	}
	if got, want := w.Header().Get("Content-Type"), "application/problem+json"; got != want {
		t.Errorf("Content-Type is %q; want %q", got, want)
	}
	if p.Status != w.Code {
		t.Errorf("status is %d; want %d", p.Status, w.Code)
	}
	if want := http.StatusText(w.Code); p.Title != want {
		t.Errorf("title is %q; want %q", p.Title, want)
	}
	if p.Type != "about:blank" {
		t.Errorf("type is %q; want about:blank", p.Type)
	}
	if p.Detail == "" {
		t.Errorf("detail is empty in %+v; want some", p)
	}
	id := w.Header().Get("X-Request-Id")
	if id == "" {
		t.Error("X-Request-Id is empty; want an id")
	}
	if p.RequestID != id {
		t.Errorf("requestId is %q; want %q, as in X-Request-Id", p.RequestID, id)
	}
	return p
}

// pointersOf returns the pointers of the errors in a problem, each of which must have a detail.
func pointersOf(t *testing.T, p api.Problem) (pointers []string) {
	t.Helper()
	for _, e := range p.Errors {
		if e.Detail == "" {
			t.Errorf("the error at %q has no detail; want one", e.Pointer)
		}
		pointers = append(pointers, e.Pointer)
	}
	return pointers
}
