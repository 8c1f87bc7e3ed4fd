package rest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// during calls do with the context that limitTime gives to a request with this context, and returns the context.
func during(t *testing.T, parent context.Context, do func(*requestContext)) *requestContext {
	t.Helper()
	r := httptest.NewRequestWithContext(parent, http.MethodGet, "/", nil)
	var ctx *requestContext
	err := limitTime(func(c echo.Context) error {
		ctx = c.Request().Context().(*requestContext)
		do(ctx)
		return nil
	})(echo.New().NewContext(r, httptest.NewRecorder()))
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

func wantEnded(t *testing.T, when string, ctx context.Context, want error) {
	t.Helper()
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
		t.Fatalf("%s: the context has not ended after a minute", when)
	}
	if err := ctx.Err(); !errors.Is(err, want) {
		t.Errorf("%s: the error of the context is %v; want %v", when, err, want)
	}
}

func TestARequestEndsWhenItsTimeIsOverOrItsCallerHangsUp(t *testing.T) {
	t.Parallel()
	during(t, t.Context(), func(ctx *requestContext) {
		if at, ok := ctx.Deadline(); !ok || time.Until(at) > requestTimeout {
			t.Errorf("the deadline is %v, %t; want one in %v", at, ok, requestTimeout)
		}
		if err := ctx.Err(); err != nil {
			t.Errorf("the context of a request that runs has the error %v; want none", err)
		}
	})
	during(t, t.Context(), func(ctx *requestContext) {
		ctx.deadline = time.Now().Add(time.Millisecond)
		wantEnded(t, "the time is over", ctx, context.DeadlineExceeded)
	})
	caller, hangUp := context.WithCancel(t.Context())
	during(t, caller, func(ctx *requestContext) {
		hangUp()
		wantEnded(t, "the caller has hung up", ctx, context.Canceled)
	})
}

func TestWhatARequestHasStartedEndsWithIt(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*requestContext){
		"nobody has asked about the end": func(*requestContext) {},
		"somebody has asked":             func(ctx *requestContext) { ctx.Done() },
	} {
		wantEnded(t, name, during(t, t.Context(), do), context.Canceled)
	}
}

func TestARequestStartsItsTimerOnlyIfSomebodyAsks(t *testing.T) {
	t.Parallel()
	during(t, t.Context(), func(ctx *requestContext) {
		ctx.workspace = workspace.Workspace{Name: "w"}
		inner := context.WithValue(ctx, callerKey{}, "")
		if got := WorkspaceOf(inner).Name; got != "w" {
			t.Errorf("the workspace is %q; want w", got)
		}
		if ctx.timer != nil {
			t.Error("the timer runs after somebody has asked for the workspace; want it only for the end")
		}
	})
}

type callerKey struct{}

// A log can use them after the request.
func TestTheValuesOfTheConnectionStayAfterTheRequest(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*requestContext){
		"nobody has asked for the end": func(*requestContext) {},
		"somebody has":                 func(ctx *requestContext) { ctx.Done() },
	} {
		ctx := during(t, context.WithValue(t.Context(), callerKey{}, "caller"), do)
		if got := ctx.Value(callerKey{}); got != "caller" {
			t.Errorf("%s: the value is %v; want caller", name, got)
		}
	}
}

// A context that package context does not know would need a goroutine for each context that is made from it.
func TestContextsMadeFromThatOfARequestNeedNoGoroutine(t *testing.T) {
	during(t, t.Context(), func(ctx *requestContext) {
		before := runtime.NumGoroutine()
		for range 100 {
			_, cancel := context.WithCancel(ctx)
			defer cancel()
		}
		if after := runtime.NumGoroutine(); after > before+50 {
			t.Errorf("100 contexts need %d goroutines; want none", after-before)
		}
	})
}
