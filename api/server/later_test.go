package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// later are operations that openapi.yaml may have one day.
var later = []Operation{
	{ID: "endCall", Method: "DELETE", Path: "/lines/{line}/calls/{call_id}", body: true, bodyRequired: true},
	{ID: "getCall", Method: "GET", Path: "/lines/{line}/calls/{call_id}"},
	{ID: "holdCall", Method: "POST", Path: "/lines/{line}/hold", body: true},
	{ID: "getLine", Method: "GET", Path: "/lines/{line}", query: map[string]string{"live": "boolean", "rate": "number"}},
}

type reason struct {
	Reason string `json:"reason"`
}

// bind is a handler like those in the generated code. It responds with what it decoded.
func bind(c echo.Context) error {
	var body reason
	if err := c.Bind(&body); err != nil {
		return err
	}
	return c.String(http.StatusOK, fmt.Sprint(c.ParamValues(), body.Reason))
}

// bindOptional is what the generated code does with a body that is not required.
func bindOptional(c echo.Context) error {
	err := bind(c)
	if err != nil && err.Error() == "EOF" {
		return c.String(http.StatusOK, "no body")
	}
	return err
}

func params(c echo.Context) error { return c.String(http.StatusOK, fmt.Sprint(c.ParamValues())) }

func newLater(routes func(EchoRouter)) *echo.Echo {
	e := echo.New()
	register(e, Options{
		BaseURL:      "/api",
		Logger:       slog.New(slog.DiscardHandler),
		Authenticate: func(c echo.Context, _ string) (context.Context, error) { return c.Request().Context(), nil },
		Middleware: []echo.MiddlewareFunc{func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				op, _ := OperationOf(c)
				c.Response().Header().Set("X-Operation", op.ID)
				return next(c)
			}
		}},
	}, later, routes)
	return e
}

func laterRoutes(r EchoRouter) {
	r.DELETE("/lines/:line/calls/:call_id", bind)
	r.GET("/lines/:line/calls/:call_id", params)
	r.POST("/lines/:line/hold", bindOptional)
	r.GET("/lines/:line", params)
}

func TestTheChainServesOperationsOfAnyForm(t *testing.T) {
	e := newLater(laterRoutes)
	for _, test := range []struct {
		method, path, body string
		status             int
		operation, want    string
	}{
		{"GET", "/lines/a/calls/b", "", 200, "getCall", "[a b]"},
		{"GET", "/lines/a%2Fb/calls/c%2F", "", 200, "getCall", "[a%2Fb c%2F]"},
		{"GET", "/lines/a", "", 200, "getLine", "[a]"},

		// A path parameter is a single segment that is not empty.
		{"GET", "/lines/a/calls/b/c", "", 404, "", ""},
		{"GET", "/lines/a/calls/b/", "", 404, "", ""},
		{"GET", "/lines/a/calls/", "", 404, "", ""},
		{"GET", "/lines//calls/b", "", 404, "", ""},
		{"GET", "/lines//calls/", "", 404, "", ""},
		{"GET", "/lines/a/b/calls/c", "", 404, "", ""},
		{"GET", "/lines/a/", "", 404, "", ""},
		{"GET", "/lines/", "", 404, "", ""},
		{"PATCH", "/lines/a/calls/b/c", "", 404, "", ""},
		{"PATCH", "/lines//calls/b", "", 404, "", ""},
		{"PATCH", "/lines/a/calls/b", "", 405, "", ""},

		// A value in the query must be written as in JSON.
		{"GET", "/lines/a?live=true&rate=-1.5e3", "", 200, "getLine", "[a]"},
		{"GET", "/lines/a?live=1", "", 400, "getLine", "must be true or false"},
		{"GET", "/lines/a?live=", "", 400, "getLine", "must be true or false"},
		{"GET", "/lines/a?rate=0x1", "", 400, "getLine", "must be a number"},

		// The rules for a body of DELETE are as strict as for any other body.
		{"DELETE", "/lines/a/calls/b", `{"reason":"done"}`, 200, "endCall", "[a b]done"},
		{"DELETE", "/lines/a/calls/b", ``, 400, "endCall", "The body is missing"},
		{"DELETE", "/lines/a/calls/b", `{"reason":null}`, 400, "endCall", `"/reason"`},
		{"DELETE", "/lines/a/calls/b", `{"force":true}`, 400, "endCall", `"/force"`},
		{"DELETE", "/lines/a/calls/b", `{"reason":"` + strings.Repeat("a", maxBody) + `"}`, 413, "endCall", ""},

		// A body that is not required can be left out, but its rules are just as strict.
		{"POST", "/lines/a/hold", ``, 200, "holdCall", "no body"},
		{"POST", "/lines/a/hold", `{"reason":"lunch"}`, 200, "holdCall", "lunch"},
		{"POST", "/lines/a/hold", `null`, 400, "holdCall", `"must not be null"`},
		{"POST", "/lines/a/hold", ` `, 400, "holdCall", "not valid JSON"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), test.method, "/api"+test.path, strings.NewReader(test.body))
		r.Header.Set("Authorization", "Bearer key")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if w.Code != test.status {
			t.Errorf("%s %s %.40s: got status %d; want %d", test.method, test.path, test.body, w.Code, test.status)
		}
		if got := w.Body.String(); !strings.Contains(got, test.want) {
			t.Errorf("%s %s %.40s: got %s; want %s in it", test.method, test.path, test.body, got, test.want)
		}
		if got := w.Header().Get("X-Operation"); got != test.operation {
			t.Errorf("%s %s: got the operation %q; want %q", test.method, test.path, got, test.operation)
		}
	}
}

// A test of internal/specgen reports a second content type. The server refuses it.
func TestABodyOfAnotherTypeDoesNotReachTheGeneratedCode(t *testing.T) {
	e := newLater(func(r EchoRouter) {
		laterRoutes(loose{r, t})
	})
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/lines/a/hold", strings.NewReader("reason=a"))
	r.Header.Set("Authorization", "Bearer key")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	if w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("got status %d; want 415", w.Code)
	}
}

// loose has generated code for forms, which decodes without the binder.
type loose struct {
	EchoRouter
	t *testing.T
}

func (l loose) POST(path string, _ echo.HandlerFunc, _ ...echo.MiddlewareFunc) *echo.Route {
	return l.EchoRouter.POST(path, func(echo.Context) error {
		l.t.Error("the handler was called")
		return nil
	})
}

// The table and the code come from two generators, so they can differ.
func TestGeneratedFilesThatDifferAreRefused(t *testing.T) {
	for want, routes := range map[string]func(EchoRouter){
		"operations.gen.go has no POST /lines; run go generate": func(r EchoRouter) {
			laterRoutes(r)
			r.POST("/lines", bind)
		},
		"operations.gen.go has no GET /lines/:id; run go generate": func(r EchoRouter) { r.GET("/lines/:id", params) },
		"server.gen.go has no holdCall; run go generate": func(r EchoRouter) {
			r.DELETE("/lines/:line/calls/:call_id", bind)
			r.GET("/lines/:line/calls/:call_id", params)
			r.GET("/lines/:line", params)
		},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("the panic is %q; want %q", got, want)
				}
			}()
			newLater(routes)
		}()
	}
}

func TestABodyThatTheContractDoesNotHaveIsNotDecoded(t *testing.T) {
	e := newLater(func(r EchoRouter) {
		r.DELETE("/lines/:line/calls/:call_id", bind)
		r.GET("/lines/:line/calls/:call_id", bind) // in the table, this operation has no body
		r.POST("/lines/:line/hold", bind)
		r.GET("/lines/:line", params)
	})
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/lines/a/calls/b", strings.NewReader(`{"reason":"a"}`))
	r.Header.Set("Authorization", "Bearer key")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError {
		t.Errorf("got %d %s; want 500", w.Code, w.Body)
	}
}
