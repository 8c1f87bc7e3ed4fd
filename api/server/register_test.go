package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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

// request is a call with the right key; header has names and values to set. An empty value removes the header, EMPTY empties it.
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

// problemOf checks that a response is a whole problem document, and returns it.
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

// pointersOf are the places that a problem names, each of which must have a detail.
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

// Each row is a request that must not reach the operation. If a row has two faults, the earlier check reports its fault.
func TestRefusals(t *testing.T) {
	const numbers, one = "/api/phone_numbers", "/api/phone_numbers/1"
	large := `{"agentId":"` + strings.Repeat("a", 64<<10) + `"}`
	for _, test := range []struct {
		name    string
		request *http.Request
		status  int
		code    api.ProblemCode
		pointer string // "-" means no errors
	}{
		{"unknown path", request("GET", "/api/nothing", "", "Authorization", ""), 404, api.CodeNotFound, "-"},
		{"unknown path outside the API", request("GET", "/", "", "Authorization", ""), 404, api.CodeNotFound, "-"},
		{"path parameter with a slash behind it", request("GET", one+"/", ""), 404, api.CodeNotFound, "-"},
		{"path parameter with more behind it", request("PUT", one+"/x", `{}`), 404, api.CodeNotFound, "-"},
		{"path parameter with more behind it, without a key", request("GET", one+"/x", "", "Authorization", ""), 404, api.CodeNotFound, "-"},
		{"empty path parameter", request("GET", numbers+"/", ""), 404, api.CodeNotFound, "-"},
		{"other method, without a key", request("PATCH", one, "", "Authorization", ""), 405, api.CodeMethodNotAllowed, "-"},
		{"HEAD", request("HEAD", one, ""), 405, api.CodeMethodNotAllowed, "-"},

		{"no key", request("GET", numbers, "", "Authorization", ""), 401, api.CodeUnauthorized, "-"},
		{"wrong key and wrong content type", request("PUT", one, "x", "Authorization", "Bearer x", "Content-Type", "text/plain"), 401, api.CodeUnauthorized, "-"},

		{"form body", request("PUT", one, "agentId=a", "Content-Type", "application/x-www-form-urlencoded"), 415, api.CodeUnsupportedMediaType, "-"},
		{"XML body", request("PUT", one, "<a/>", "Content-Type", "application/xml"), 415, api.CodeUnsupportedMediaType, "-"},
		{"no content type", request("PUT", one, "{}", "Content-Type", ""), 415, api.CodeUnsupportedMediaType, "-"},
		{"JSON of another kind", request("PUT", one, "{}", "Content-Type", "application/merge-patch+json"), 415, api.CodeUnsupportedMediaType, "-"},
		{"compressed body", request("PUT", one, "{}", "Content-Encoding", "gzip"), 415, api.CodeUnsupportedMediaType, "-"},
		{"JSON with a letter that only folds to one of ASCII", request("PUT", one, "{}", "Content-Type", "application/j\u017fon"), 415, api.CodeUnsupportedMediaType, "-"},
		{"wrong content type and too large", request("PUT", one, large, "Content-Type", "text/plain"), 415, api.CodeUnsupportedMediaType, "-"},
		{"wrong content type and unknown query", request("PUT", one+"?x=1", "{}", "Content-Type", "text/plain"), 415, api.CodeUnsupportedMediaType, "-"},
		{"too large", request("PUT", one, large), 413, api.CodePayloadTooLarge, "-"},
		{"too large and unknown query", request("PUT", one+"?x=1", large), 413, api.CodePayloadTooLarge, "-"},

		{"no body", request("PUT", one, ""), 400, api.CodeInvalidRequest, "-"},
		{"no body and no content type", request("PUT", one, "", "Content-Type", ""), 400, api.CodeInvalidRequest, "-"},
		{"null body", request("PUT", one, "null"), 400, api.CodeInvalidRequest, ""},
		{"array body", request("PUT", one, "[]"), 400, api.CodeInvalidRequest, ""},
		{"not JSON", request("PUT", one, "agent"), 400, api.CodeInvalidRequest, "-"},
		{"truncated", request("PUT", one, `{"agentId":"a`), 400, api.CodeInvalidRequest, "-"},
		{"more data behind it", request("PUT", one, `{} {}`), 400, api.CodeInvalidRequest, "-"},
		{"not UTF-8", request("PUT", one, "{\"agentId\":\"\xff\"}"), 400, api.CodeInvalidRequest, "-"},
		{"doubled member", request("PUT", one, `{"agentId":"a","agentId":"b"}`), 400, api.CodeInvalidRequest, "/agentId"},
		{"doubled member by escape", request("PUT", one, `{"agentId":"a","agent\u0049d":"b"}`), 400, api.CodeInvalidRequest, "/agentId"},
		{"unknown member", request("PUT", one, `{"agent":"a"}`), 400, api.CodeInvalidRequest, "/agent"},
		{"member in the wrong case", request("PUT", one, `{"agentID":"a"}`), 400, api.CodeInvalidRequest, "/agentID"},
		{"wrong type", request("PUT", one, `{"agentId":5}`), 400, api.CodeInvalidRequest, "/agentId"},
		{"null member", request("PUT", one, `{"agentId":null}`), 400, api.CodeInvalidRequest, "/agentId"},
		{"null for an integer", request("POST", numbers+"/search", `{"prefix":"4","limit":null}`), 400, api.CodeInvalidRequest, "/limit"},
		{"fraction for an integer", request("POST", numbers+"/search", `{"prefix":"4","limit":5.0}`), 400, api.CodeInvalidRequest, "/limit"},
		{"null inside an object of create", request("POST", numbers, `{"type":"purchase","purchase":{"number":null}}`), 400, api.CodeInvalidRequest, "/purchase/number"},
		{"string for an object of create", request("POST", numbers, `{"type":"purchase","purchase":"+1"}`), 400, api.CodeInvalidRequest, "/purchase"},

		{"unknown query parameter", request("GET", numbers+"?page=2", ""), 400, api.CodeInvalidRequest, "page"},
		{"query parameter of another operation", request("GET", one+"?limit=2", ""), 400, api.CodeInvalidRequest, "limit"},
		{"query parameter in the wrong case", request("GET", numbers+"?Limit=2", ""), 400, api.CodeInvalidRequest, "Limit"},
		{"repeated query parameter", request("GET", numbers+"?limit=2&limit=2", ""), 400, api.CodeInvalidRequest, "limit"},
		{"badly escaped query", request("GET", numbers+"?limit=%zz", ""), 400, api.CodeInvalidRequest, "-"},
		{"semicolon in the query", request("GET", numbers+"?limit=1;cursor=2", ""), 400, api.CodeInvalidRequest, "-"},
		{"text for an integer", request("GET", numbers+"?limit=ten", ""), 400, api.CodeInvalidRequest, "limit"},
		{"fraction for an integer in the query", request("GET", numbers+"?limit=5.0", ""), 400, api.CodeInvalidRequest, "limit"},
		{"empty integer", request("GET", numbers+"?limit=", ""), 400, api.CodeInvalidRequest, "limit"},
		{"integer of more than 64 bits", request("GET", numbers+"?limit=99999999999999999999", ""), 400, api.CodeInvalidRequest, "limit"},
		{"header parameter that is empty", request("POST", numbers, `{}`, "Idempotency-Key", "EMPTY"), 400, api.CodeInvalidRequest, "Idempotency-Key"},
		{"query that is not UTF-8", request("GET", numbers+"?cursor=%ff", ""), 400, api.CodeInvalidRequest, "cursor"},
	} {
		t.Run(test.name, func(t *testing.T) {
			impl := &stub{get: func(context.Context) (server.GetPhoneNumberResponseObject, error) {
				return server.GetPhoneNumber200JSONResponse{}, nil
			}}
			var log bytes.Buffer
			w := httptest.NewRecorder()
			newEcho(impl, &log).ServeHTTP(w, test.request)
			if w.Code != test.status {
				t.Fatalf("got status %d; want %d: %s", w.Code, test.status, w.Body)
			}
			p := problemOf(t, w)
			if p.Code != test.code {
				t.Errorf("code is %s; want %s", p.Code, test.code)
			}
			var want []string
			if test.pointer != "-" {
				want = []string{test.pointer}
			}
			if got := pointersOf(t, p); !slices.Equal(got, want) {
				t.Errorf("the errors are at %q; want %q", got, want)
			}
			if impl.calls != 0 {
				t.Errorf("the operation was called %d times; want 0", impl.calls)
			}
			if log.Len() > 0 {
				t.Errorf("logged %s; want nothing", &log)
			}
		})
	}
}

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

func TestAMissingBodyIsNamedAsWhatItIs(t *testing.T) {
	w := httptest.NewRecorder()
	newEcho(&stub{}, io.Discard).ServeHTTP(w, request("PUT", "/api/phone_numbers/1", ""))
	if p := problemOf(t, w); !strings.Contains(p.Detail, "missing") {
		t.Errorf(`the detail is %q; want "missing" in it`, p.Detail)
	}
}

func TestMethodNotAllowedNamesTheMethods(t *testing.T) {
	w := httptest.NewRecorder()
	newEcho(&stub{}, io.Discard).ServeHTTP(w, request("POST", "/api/phone_numbers/1", "{}"))
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		if allow := w.Header().Get("Allow"); !strings.Contains(allow, method) {
			t.Errorf("Allow is %q; want %s in it", allow, method)
		}
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

// RFC 6750, section 3.1: no error code if no key was sent.
func TestChallenge(t *testing.T) {
	for authorization, want := range map[string]string{
		"":                  "Bearer",
		"Basic dTpw":        "Bearer",
		"Bearer":            "Bearer",
		"Bearer wrong":      `Bearer error="invalid_token"`,
		"BEARER  wrong":     `Bearer error="invalid_token"`,
		"Bearersecret x":    "Bearer",
		"Bearer secret two": `Bearer error="invalid_token"`,
	} {
		w := httptest.NewRecorder()
		newEcho(&stub{}, io.Discard).ServeHTTP(w, request("GET", "/api/phone_numbers", "", "Authorization", authorization))
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%q: got status %d; want 401", authorization, w.Code)
		}
		if got := w.Header().Get("WWW-Authenticate"); got != want {
			t.Errorf("%q: WWW-Authenticate is %q; want %q", authorization, got, want)
		}
	}
}

func TestTwoKeysAreNone(t *testing.T) {
	r := request("GET", "/api/phone_numbers", "")
	r.Header.Add("Authorization", "Bearer other")
	w := httptest.NewRecorder()
	newEcho(&stub{}, io.Discard).ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("got status %d; want 401", w.Code)
	}
}

func TestAHeaderParameterIsThereOnce(t *testing.T) {
	r := request("POST", "/api/phone_numbers", `{"type":"purchase"}`)
	r.Header["Idempotency-Key"] = []string{"a", "a"}
	impl := &stub{}
	w := httptest.NewRecorder()
	newEcho(impl, io.Discard).ServeHTTP(w, r)
	p := problemOf(t, w)
	if p.Code != api.CodeInvalidRequest {
		t.Errorf("code is %s; want %s", p.Code, api.CodeInvalidRequest)
	}
	if got, want := pointersOf(t, p), []string{"Idempotency-Key"}; !slices.Equal(got, want) {
		t.Errorf("the errors are at %q; want %q", got, want)
	}
	if impl.calls != 0 {
		t.Errorf("the operation was called %d times; want 0", impl.calls)
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

// A failure inside is a 500 that shows nothing of it; the log has it under the request id.
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
	if err == nil { // otherwise it was cut before anything was sent, which is as good
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
