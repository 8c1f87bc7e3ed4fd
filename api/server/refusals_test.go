package server_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/server"
)

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
