package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/server"
)

// An internal failure is a 500 that shows no details. The log has them with the request id.
func TestFailuresInsideShowNothing(t *testing.T) {
	const inside = "password hunter2"
	for name, get := range map[string]func(context.Context) (server.GetPhoneNumberResponseObject, error){
		"error": func(context.Context) (server.GetPhoneNumberResponseObject, error) { return nil, errors.New(inside) },
		"panic": func(context.Context) (server.GetPhoneNumberResponseObject, error) { panic(inside) },
		"problem without a status": func(context.Context) (server.GetPhoneNumberResponseObject, error) {
			return nil, fmt.Errorf(inside+": %w", &api.Problem{Code: api.CodeNotFound})
		},
		"problem that is nil": func(context.Context) (server.GetPhoneNumberResponseObject, error) {
			return nil, errors.Join(errors.New(inside), (*api.Problem)(nil))
		},
		"problem that is none": func(context.Context) (server.GetPhoneNumberResponseObject, error) {
			return nil, errors.Join(errors.New(inside), &api.Problem{Status: http.StatusNoContent})
		},
		"HTTP error of Echo": func(context.Context) (server.GetPhoneNumberResponseObject, error) {
			return nil, echo.NewHTTPError(http.StatusBadGateway, inside)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			w := httptest.NewRecorder()
			newEcho(&stub{get: get}, &log).ServeHTTP(w, request("GET", "/api/phone_numbers/1", "", "X-Request-Id", "id-1"))
			p := problemOf(t, w)
			if p.Status != 500 {
				t.Errorf("status is %d; want 500", p.Status)
			}
			if p.Code != api.CodeInternal {
				t.Errorf("code is %s; want %s", p.Code, api.CodeInternal)
			}
			if secret := "hunter2"; strings.Contains(w.Body.String(), secret) {
				t.Errorf("the response is %s; want no %s in it", w.Body, secret)
			}
			for _, want := range []string{inside, "request_id=id-1"} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log is %s; want %q in it", &log, want)
				}
			}
		})
	}
}

func TestAnAnswerOfNilIsAServerError(t *testing.T) {
	impl := &stub{get: func(context.Context) (server.GetPhoneNumberResponseObject, error) { return nil, nil }}
	w := httptest.NewRecorder()
	newEcho(impl, io.Discard).ServeHTTP(w, request("GET", "/api/phone_numbers/1", ""))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("got status %d; want 500: %s", w.Code, w.Body)
	}
}

func TestAProblemWithACauseIsAnsweredAsItIs(t *testing.T) {
	impl := &stub{get: func(context.Context) (server.GetPhoneNumberResponseObject, error) {
		return nil, errors.Join(api.NewProblem(api.CodeStorageUnavailable, ""), errors.New("disk full"))
	}}
	var log bytes.Buffer
	w := httptest.NewRecorder()
	newEcho(impl, &log).ServeHTTP(w, request("GET", "/api/phone_numbers/1", ""))
	if p := problemOf(t, w); p.Code != api.CodeStorageUnavailable {
		t.Errorf("code is %s; want %s", p.Code, api.CodeStorageUnavailable)
	}
	if w.Header().Get("Retry-After") == "" {
		t.Error("Retry-After is empty; want some seconds")
	}
	if !strings.Contains(log.String(), "disk full") {
		t.Errorf("the log is %s; want disk full in it", &log)
	}
}

func TestSharedProblemsAreNotChanged(t *testing.T) {
	shared := api.NewProblem(api.CodeNotFound, "")
	impl := &stub{get: func(context.Context) (server.GetPhoneNumberResponseObject, error) { return nil, shared }}
	newEcho(impl, io.Discard).ServeHTTP(httptest.NewRecorder(), request("GET", "/api/phone_numbers/1", ""))
	if shared.RequestID != "" {
		t.Errorf("the request id is %q; want none", shared.RequestID)
	}
}

// cutShort fails after its response has begun.
type cutShort struct{}

func (cutShort) VisitGetPhoneNumberResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, `{"id":`)
	panic("too late for a problem")
}

func TestAPanicInTheMiddleOfAnAnswerCutsTheConnectionAndIsLogged(t *testing.T) {
	var log lockedBuffer
	impl := &stub{get: func(context.Context) (server.GetPhoneNumberResponseObject, error) { return cutShort{}, nil }}
	srv := httptest.NewServer(newEcho(impl, &log))
	defer srv.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/api/phone_numbers/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("X-Request-Id", "id-1")
	answer, err := http.DefaultClient.Do(r)
	if err == nil { // otherwise the connection was cut before anything was sent, which is also correct
		if body, err := io.ReadAll(answer.Body); err == nil {
			t.Errorf("the caller got %d %q; want an error in the middle", answer.StatusCode, body)
		}
		_ = answer.Body.Close()
	}
	srv.Close() // waits for the handler
	for _, want := range []string{"too late for a problem", "request_id=id-1", "VisitGetPhoneNumberResponse"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log is %s; want %q in it", log.String(), want)
		}
	}
}

// lockedBuffer is a buffer that a server can write to.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func TestACallerWhoHungUpIsNoServerError(t *testing.T) {
	impl := &stub{get: func(ctx context.Context) (server.GetPhoneNumberResponseObject, error) { return nil, ctx.Err() }}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log bytes.Buffer
	w := httptest.NewRecorder()
	newEcho(impl, &log).ServeHTTP(w, request("GET", "/api/phone_numbers/1", "").WithContext(ctx))
	if w.Code != 499 {
		t.Errorf("got status %d; want 499", w.Code)
	}
	if log.Len() > 0 {
		t.Errorf("logged %q; want nothing", &log)
	}
}
