package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/server"
)

func TestWhatIsOnlyUnusualIsAccepted(t *testing.T) {
	const numbers, one = "/api/phone_numbers", "/api/phone_numbers/1"
	for name, r := range map[string]*http.Request{
		"content type with a parameter":     request("PUT", one, `{}`, "Content-Type", "application/json; charset=utf-8"),
		"content type in capitals":          request("PUT", one, `{}`, "Content-Type", "Application/JSON"),
		"scheme of the key in small":        request("PUT", one, `{}`, "Authorization", "bearer "+key),
		"white space around the body":       request("PUT", one, " {} \n"),
		"nulls for the objects of create":   request("POST", numbers, `{"type":"purchase","purchase":null,"sipImport":null,"vogentSip":null}`),
		"body of just the greatest size":    request("PUT", one, `{}`+strings.Repeat(" ", 64<<10-2)),
		"every query parameter of the list": request("GET", numbers+"?limit=5&cursor=c&number=%2B1&agentId=&type=x", ""),
	} {
		t.Run(name, func(t *testing.T) {
			impl := &stub{}
			w := httptest.NewRecorder()
			newEcho(impl, io.Discard).ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Errorf("got status %d; want 200: %s", w.Code, w.Body)
			}
			if impl.calls != 1 {
				t.Errorf("the operation was called %d times; want 1", impl.calls)
			}
		})
	}
}

func TestAnEmptyQueryValueReachesTheOperation(t *testing.T) {
	impl := &stub{list: func(p api.ListPhoneNumbersParams) (server.ListPhoneNumbersResponseObject, error) {
		if p.AgentID == nil || *p.AgentID != "" {
			t.Errorf("agentId is %v; want the empty string", p.AgentID)
		}
		return server.ListPhoneNumbers200JSONResponse{}, nil
	}}
	newEcho(impl, io.Discard).ServeHTTP(httptest.NewRecorder(), request("GET", "/api/phone_numbers?agentId=", ""))
	if impl.calls != 1 {
		t.Errorf("the operation was called %d times; want 1", impl.calls)
	}
}

func TestOptionsIsAnsweredWithoutAKey(t *testing.T) {
	w := httptest.NewRecorder()
	newEcho(&stub{}, io.Discard).ServeHTTP(w, request("OPTIONS", "/api/phone_numbers/1", "", "Authorization", ""))
	if w.Code != http.StatusNoContent {
		t.Errorf("got status %d; want 204", w.Code)
	}
	if allow := w.Header().Get("Allow"); !strings.Contains(allow, "PUT") {
		t.Errorf("Allow is %q; want PUT in it", allow)
	}
}

func TestRetryAfterIsInWholeSeconds(t *testing.T) {
	busy := api.NewProblem(api.CodeRateLimited, "")
	for want, err := range map[string]error{
		"1": server.RetryAfter(busy, time.Millisecond),
		"3": fmt.Errorf("wrapped: %w", server.RetryAfter(busy, 2001*time.Millisecond)),
		"7": server.RetryAfter(api.NewProblem(api.CodeValidationFailed, ""), 7*time.Second),
	} {
		impl := &stub{get: func(context.Context) (server.GetPhoneNumberResponseObject, error) { return nil, err }}
		w := httptest.NewRecorder()
		newEcho(impl, io.Discard).ServeHTTP(w, request("GET", "/api/phone_numbers/1", ""))
		if got := w.Header().Get("Retry-After"); got != want {
			t.Errorf("%v: Retry-After is %q; want %q", err, got, want)
		}
	}
}

func TestRequestIDOfTheCallerIsKeptWhereItIsFit(t *testing.T) {
	for id, keep := range map[string]bool{
		"abc-123":                true,
		strings.Repeat("x", 128): true,
		strings.Repeat("x", 129): false,
		"with space":             false,
		"ü":                      false,
		"":                       false,
	} {
		w := httptest.NewRecorder()
		newEcho(&stub{}, io.Discard).ServeHTTP(w, request("GET", "/api/phone_numbers", "", "X-Request-Id", id))
		got := w.Header().Get("X-Request-Id")
		if got == "" {
			t.Errorf("%q became the empty id; want some id", id)
		}
		if kept := got == id; kept != keep {
			t.Errorf("%q became %q: kept is %t; want %t", id, got, kept, keep)
		}
	}
}

func TestANilListIsAnEmptyList(t *testing.T) {
	for target, want := range map[*http.Request]string{
		request("GET", "/api/phone_numbers", ""):                       `{"data":[],"cursor":null}`,
		request("POST", "/api/phone_numbers/search", `{"prefix":"4"}`): `[]`,
	} {
		w := httptest.NewRecorder()
		newEcho(&stub{}, io.Discard).ServeHTTP(w, target)
		if got := strings.TrimSpace(w.Body.String()); w.Code != 200 || got != want {
			t.Errorf("%s: got %d %s; want 200 %s", target.URL, w.Code, got, want)
		}
	}
}

func TestRegisterWantsAuthentication(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Register took an API that anyone could call")
		}
	}()
	server.Register(echo.New(), &stub{}, server.Options{})
}

func TestUpdateTellsUnlinkFromLeaveAlone(t *testing.T) {
	for body, want := range map[string]api.AgentLink{
		`{}`:              {},
		`{"agentId":""}`:  api.UnlinkAgent(),
		`{"agentId":"a"}`: api.LinkAgent("a"),
	} {
		var got api.AgentLink
		impl := &stub{update: func(l api.AgentLink) { got = l }}
		newEcho(impl, io.Discard).ServeHTTP(httptest.NewRecorder(), request("PUT", "/api/phone_numbers/1", body))
		if impl.calls != 1 {
			t.Errorf("%s: the operation was called %d times; want 1", body, impl.calls)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s became %+v; want %+v", body, got, want)
		}
	}
}

// An implementer can add middleware to the Echo after Register too. It runs inside that of Options.
func TestMiddlewareIsAssembledOnceAndRunsInOrder(t *testing.T) {
	var assembled, order []string
	trace := func(name string) echo.MiddlewareFunc {
		return func(next echo.HandlerFunc) echo.HandlerFunc {
			assembled = append(assembled, name)
			return func(c echo.Context) error {
				order = append(order, name)
				return next(c)
			}
		}
	}
	e := echo.New()
	e.Use(trace("before"))
	server.Register(e, &stub{}, server.Options{
		Middleware:   []echo.MiddlewareFunc{trace("first"), trace("second")},
		Authenticate: func(c echo.Context, _ string) (context.Context, error) { return c.Request().Context(), nil },
	})
	e.Use(trace("after"))
	for range 2 {
		e.ServeHTTP(httptest.NewRecorder(), request("PUT", "/phone_numbers/1", "{}"))
	}
	if want := []string{"before", "first", "second", "after", "before", "first", "second", "after"}; !slices.Equal(order, want) {
		t.Errorf("the middleware ran in the order %q; want %q", order, want)
	}
	for _, name := range []string{"first", "second"} {
		if n := strings.Count(strings.Join(assembled, " "), name); n != 1 {
			t.Errorf("the middleware %q was assembled %d times for two requests; want once", name, n)
		}
	}
}
