package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/server"
)

// callerKey is the key of the caller in the context.
type callerKey struct{}

func callerOf(ctx context.Context) any { return ctx.Value(callerKey{}) }

// serve registers a stub on a new Echo, with options that accept any key, and sends it a request.
func serve(t *testing.T, r *http.Request, change func(*echo.Echo, *stub, *server.Options)) *httptest.ResponseRecorder {
	t.Helper()
	e, impl := echo.New(), &stub{}
	options := server.Options{
		BaseURL:      "/api",
		Authenticate: func(c echo.Context, _ string) (context.Context, error) { return c.Request().Context(), nil },
		Logger:       slog.New(slog.DiscardHandler),
	}
	change(e, impl, &options)
	server.Register(e, impl, options)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestAuthenticateSeesTheRequestAndTheResponse(t *testing.T) {
	r := request("GET", "/api/phone_numbers/1", "", "X-Request-Id", "id-1", "X-Real-Caller", "192.0.2.7", "User-Agent", "agent")
	var seen any
	w := serve(t, r, func(e *echo.Echo, impl *stub, o *server.Options) {
		e.IPExtractor = func(r *http.Request) string { return r.Header.Get("X-Real-Caller") }
		o.Authenticate = func(c echo.Context, got string) (context.Context, error) {
			op, _ := server.OperationOf(c)
			caller := fmt.Sprint(c.RealIP(), " ", c.Request().UserAgent(), " ", op.ID, " ", got)
			c.Response().Header().Set("X-Limit", "5")
			return context.WithValue(c.Request().Context(), callerKey{}, caller), nil
		}
		impl.get = func(ctx context.Context) (server.GetPhoneNumberResponseObject, error) {
			seen = callerOf(ctx)
			return server.GetPhoneNumber200JSONResponse{}, nil
		}
	})
	if want := "192.0.2.7 agent getPhoneNumber " + key; seen != want {
		t.Errorf("the operation got the caller %q; want %q", seen, want)
	}
	if w.Code != http.StatusOK {
		t.Errorf("got status %d; want 200", w.Code)
	}
	if got := w.Header().Get("X-Limit"); got != "5" {
		t.Errorf("X-Limit is %q; want 5", got)
	}
}

// A log can tell whose request was refused, for example by a rate limit.
func TestTheContextOfAuthenticateStaysWithAnError(t *testing.T) {
	var seen any
	w := serve(t, request("GET", "/api/phone_numbers", ""), func(_ *echo.Echo, _ *stub, o *server.Options) {
		o.Authenticate = func(c echo.Context, _ string) (context.Context, error) {
			return context.WithValue(c.Request().Context(), callerKey{}, "w"), api.NewProblem(api.CodeRateLimited, "")
		}
		o.Middleware = []echo.MiddlewareFunc{func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				err := next(c)
				seen = callerOf(c.Request().Context())
				return err
			}
		}}
	})
	if w.Code != http.StatusTooManyRequests {
		t.Errorf("got status %d; want 429", w.Code)
	}
	if seen != "w" {
		t.Errorf("middleware got the caller %v; want w", seen)
	}
}

func TestAuthenticateThatReturnsNothingLetsNobodyIn(t *testing.T) {
	w := serve(t, request("PUT", "/api/phone_numbers/1", "{}"), func(_ *echo.Echo, impl *stub, o *server.Options) {
		o.Authenticate = func(echo.Context, string) (context.Context, error) { return nil, nil }
		impl.update = func(api.AgentLink) { t.Error("the operation was called") }
	})
	if w.Code != http.StatusInternalServerError {
		t.Errorf("got status %d; want 500", w.Code)
	}
}

// A log needs no more than this.
func TestMiddlewareSeesTheStatusAndTheOperationOfEveryRequest(t *testing.T) {
	const one = "/api/phone_numbers/1"
	for _, test := range []struct {
		name    string
		request *http.Request
		want    string // the operation before and after next, and the status
	}{
		{"success", request("PUT", one, "{}"), "updatePhoneNumber updatePhoneNumber 200"},
		{"no key", request("GET", "/api/phone_numbers", "", "Authorization", ""), "listPhoneNumbers listPhoneNumbers 401"},
		{"wrong body", request("POST", "/api/phone_numbers/search", "x"), "searchPhoneNumbers searchPhoneNumbers 400"},
		{"error", request("DELETE", one, ""), "deletePhoneNumber deletePhoneNumber 404"},
		{"panic", request("GET", one, ""), "getPhoneNumber getPhoneNumber 500"},
		{"other method", request("PATCH", one, ""), "none none 405"},
		{"HEAD", request("HEAD", one, ""), "none none 405"},
		{"OPTIONS", request("OPTIONS", one, ""), "none none 204"},
		{"unknown path", request("GET", "/api/nothing", ""), "none none 404"},
		{"longer path", request("GET", one+"/x", ""), "none none 404"},
		{"further route", request("GET", "/further/1", ""), "none none 204"},
		{"further route that takes the rest", request("GET", "/files/a/b/c/", ""), "none none 204"},
		{"failure of middleware", request("GET", "/api/phone_numbers", "", "X-Fail", "error"), "listPhoneNumbers listPhoneNumbers 429"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got string
			w := serve(t, test.request, func(e *echo.Echo, impl *stub, o *server.Options) {
				impl.get = func(context.Context) (server.GetPhoneNumberResponseObject, error) { panic("inside") }
				nothing := func(c echo.Context) error { return c.NoContent(http.StatusNoContent) }
				e.GET("/further/:id", nothing)
				e.GET("/files/:owner/*", nothing)
				o.Middleware = []echo.MiddlewareFunc{observe(&got), failOn("X-Fail")}
			})
			if got != test.want {
				t.Errorf("got %q; want %q", got, test.want)
			}
			if got, want := w.Header().Get("X-Seen"), w.Header().Get("X-Request-Id"); got == "" || got != want {
				t.Errorf("middleware saw the request id %q; want %q, and not none", got, want)
			}
		})
	}
}

// observe records what a log would record, and puts the request id in the header X-Seen.
func observe(got *string) echo.MiddlewareFunc {
	name := func(c echo.Context) string {
		if op, ok := server.OperationOf(c); ok {
			return op.ID
		}
		return "none"
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			before := name(c)
			c.Response().Header().Set("X-Seen", c.Response().Header().Get("X-Request-Id"))
			if err := next(c); err != nil {
				c.Error(err) // an error of middleware, handled as Echo's own logger does
			}
			*got = fmt.Sprint(before, " ", name(c), " ", c.Response().Status)
			return nil
		}
	}
}

// failOn fails in the way that the header of that name says.
func failOn(name string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			switch c.Request().Header.Get(name) {
			case "error":
				return api.NewProblem(api.CodeRateLimited, "")
			case "panic":
				panic("inside of middleware")
			}
			return next(c)
		}
	}
}

func TestAFailureOfMiddlewareIsAProblemToo(t *testing.T) {
	for failure, want := range map[string]int{"error": 429, "panic": 500} {
		var log bytes.Buffer
		w := serve(t, request("GET", "/api/phone_numbers", "", "X-Fail", failure), func(_ *echo.Echo, _ *stub, o *server.Options) {
			o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			o.Middleware = []echo.MiddlewareFunc{failOn("X-Fail")}
		})
		if p := problemOf(t, w); p.Status != want {
			t.Errorf("%s: got status %d; want %d", failure, p.Status, want)
		}
		if got, want := strings.Contains(log.String(), "inside of middleware"), failure == "panic"; got != want {
			t.Errorf("%s: logged %q: the cause is in it: %t; want %t", failure, &log, got, want)
		}
	}
}

func TestTheFirstMiddlewareIsOutermost(t *testing.T) {
	var order []string
	note := func(name string) echo.MiddlewareFunc {
		return func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				order = append(order, name)
				return next(c)
			}
		}
	}
	serve(t, request("GET", "/api/phone_numbers", ""), func(_ *echo.Echo, _ *stub, o *server.Options) {
		o.Middleware = []echo.MiddlewareFunc{note("first"), note("second")}
		o.Authenticate = func(c echo.Context, _ string) (context.Context, error) {
			order = append(order, "authenticate")
			return c.Request().Context(), nil
		}
	})
	if want := []string{"first", "second", "authenticate"}; !slices.Equal(order, want) {
		t.Errorf("got %q; want %q", order, want)
	}
}

func TestOperationOfKnowsNoOtherEcho(t *testing.T) {
	e := echo.New()
	if op, ok := server.OperationOf(e.NewContext(request("GET", "/phone_numbers", ""), httptest.NewRecorder())); ok {
		t.Errorf("got %+v; want none", op)
	}
}

func TestOperationsSayWhetherTheyTakeAnIdempotencyKey(t *testing.T) {
	for target, want := range map[string]bool{"": true, "/purchase": true, "/search": false} {
		var got, known bool
		serve(t, request("POST", "/api/phone_numbers"+target, "{}"), func(_ *echo.Echo, _ *stub, o *server.Options) {
			o.Authenticate = func(c echo.Context, _ string) (context.Context, error) {
				var op server.Operation
				op, known = server.OperationOf(c)
				got = op.TakesIdempotencyKey
				return nil, errors.New("enough")
			}
		})
		if !known || got != want {
			t.Errorf("POST /phone_numbers%s: got %t, known %t; want %t", target, got, known, want)
		}
	}
}
