package client_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/client"
)

// Do has the retries, the bounds and the errors of the other methods.
func TestDo(t *testing.T) {
	type request struct{ method, url, body, key, contentType string }
	var got []request
	var send func(w http.ResponseWriter, r *http.Request)
	c := newClientAt(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/api/phone_numbers" && r.Method == http.MethodGet {
			t.Error("it looks a number up")
		}
		got = append(got, request{r.Method, r.URL.String(), string(body), r.Header.Get("Idempotency-Key"), r.Header.Get("Content-Type")})
		send(w, r)
	})
	for name, test := range map[string]struct {
		method, path string
		body         any
		opts         []client.CallOption
		status       int
		answer       string

		want   any // nil if it fails
		is     error
		sent   int
		hasKey bool
		says   string
	}{
		"a new endpoint":                     {method: "GET", path: "/agents?limit=2", status: 200, answer: `{"data":[1]}`, want: map[string]any{"data": []any{1.0}}, sent: 1},
		"a new endpoint that is unavailable": {method: "GET", path: "/agents", status: 503, is: client.ErrUnavailable, sent: 2, says: "GET /agents: 503"},
		"a new member":                       {method: "PUT", path: "/phone_numbers/1%2F2", body: map[string]any{"label": "x"}, status: 200, answer: `{"label":"x"}`, want: map[string]any{"label": "x"}, sent: 1},
		"a search with a new member":         {method: "POST", path: "/phone_numbers/search", body: map[string]any{"tollFree": true}, status: 503, is: client.ErrUnavailable, sent: 2},
		"a purchase with a new member":       {method: "POST", path: "/phone_numbers", body: map[string]any{"type": "purchase"}, status: 201, answer: `{"id":"1"}`, want: map[string]any{"id": "1"}, sent: 1, hasKey: true},
		"a purchase that is unavailable":     {method: "POST", path: "/phone_numbers", body: map[string]any{"type": "purchase"}, status: 503, is: client.ErrOutcomeUnknown, sent: 1, hasKey: true, says: "unknown whether the request was carried out"},
		"a purchase that is throttled":       {method: "POST", path: "/calls", body: 1, status: 429, is: client.ErrRateLimited, sent: 2, hasKey: true},
		"a POST with a key":                  {method: "POST", path: "/calls", body: 1, opts: []client.CallOption{client.WithIdempotencyKey("k")}, status: 202, want: nil, sent: 1, hasKey: true},
		"a GET with a key":                   {method: "GET", path: "/calls", opts: []client.CallOption{client.WithIdempotencyKey("k")}, is: client.ErrValidation, says: "does not accept an Idempotency-Key"},
		"a 204":                              {method: "DELETE", path: "/agents/1", status: 204, sent: 1},
		"no JSON":                            {method: "GET", path: "/agents", status: 200, answer: "<html>", sent: 1, says: "not usable"},
		"a redirect":                         {method: "GET", path: "/agents", status: 307, sent: 1, says: "the server redirects elsewhere, but the client does not follow redirects"},
		"a wrong key":                        {method: "PATCH", path: "/agents/1", body: 1, status: 401, is: client.ErrUnauthorized, sent: 1, hasKey: true},
		"a body that is no JSON":             {method: "POST", path: "/agents", body: func() {}, is: client.ErrValidation, says: "json"},
		"a body that is a reader":            {method: "POST", path: "/agents", body: strings.NewReader("{}"), is: client.ErrValidation, says: "json.RawMessage"},
		"a body of bytes":                    {method: "POST", path: "/agents", body: []byte("{}"), is: client.ErrValidation, says: "json.RawMessage"},
		"another host":                       {method: "GET", path: "//evil.example/agents", is: client.ErrValidation, says: "not a path"},
		"a URL":                              {method: "GET", path: "https://evil.example/agents", is: client.ErrValidation, says: "not a path"},
		"no slash":                           {method: "GET", path: "agents", is: client.ErrValidation, says: "not a path"},
		"a path that goes up":                {method: "GET", path: "/../admin", is: client.ErrValidation, says: "segment"},
		"a path that goes up, escaped":       {method: "GET", path: "/agents/%2e%2e/x", is: client.ErrValidation, says: "segment"},
		"a fragment":                         {method: "GET", path: "/agents#x", is: client.ErrValidation, says: "fragment"},
		"no method":                          {method: "get", path: "/agents", is: client.ErrValidation, says: "GET, HEAD"},
	} {
		t.Run(name, func(t *testing.T) {
			got = nil
			send = func(w http.ResponseWriter, _ *http.Request) { answer(w, test.status, test.answer) }
			var result any
			err := c.Do(t.Context(), test.method, test.path, test.body, &result, test.opts...)
			if got, want := encode(result), encode(test.want); got != want {
				t.Errorf("the result is %s; want %s", got, want)
			}
			if len(got) != test.sent {
				t.Errorf("sent %d times; want %d", len(got), test.sent)
			}
			if test.is != nil || test.says == "" {
				checkErrorIs(t, "Do", err, test.is)
			}
			if test.says != "" {
				checkErrorSays(t, "Do", err, test.says)
			}
			for _, r := range got {
				for what, value := range map[string]struct{ got, want any }{
					"method":    {r.method, test.method},
					"URL":       {r.url, "/api" + test.path},
					"has a key": {r.key != "", test.hasKey},
					"key":       {r.key, got[0].key},
					"says JSON": {r.contentType == "application/json", test.body != nil},
				} {
					if value.got != value.want {
						t.Errorf("sent %+v: %s is %v; want %v", r, what, value.got, value.want)
					}
				}
			}
		})
	}
	send = func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, "a,b") }
	var kept client.Response
	got = nil
	if err := c.Do(t.Context(), "PUT", "/file.csv", json.RawMessage(`{"a":1}`), nil, client.WithResponse(&kept)); err != nil {
		t.Fatalf("without a result: %v", err)
	}
	if string(kept.Body) != "a,b" {
		t.Errorf("without a result: the kept body is %q; want %q", kept.Body, "a,b")
	}
	if want := `{"a":1}`; got[0].body != want {
		t.Errorf("without a result: sent %s; want %s", got[0].body, want)
	}
	send = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Idempotency-Key-TTL", "86400")
		answer(w, map[int]int{1: 503, 2: 200}[len(got)], "")
	}
	got = nil
	if err := c.Do(t.Context(), "POST", "/phone_numbers/purchase", nil, nil); err != nil {
		t.Errorf("with keys that are honored: %v", err)
	}
	if len(got) != 2 {
		t.Fatalf("with keys that are honored: sent %+v; want two requests", got)
	}
	if got[0].key == "" {
		t.Error("with keys that are honored: the key is empty; want one")
	}
	if got[0].key != got[1].key {
		t.Errorf("with keys that are honored: the second key is %q; want the first, %q", got[1].key, got[0].key)
	}
	// The header is that of the server. It does not say whether an endpoint that is not in openapi.yaml takes keys.
	got = nil
	err := c.Do(t.Context(), "POST", "/calls", nil, nil)
	checkErrorIs(t, "an endpoint that may not honor keys", err, client.ErrOutcomeUnknown)
	if len(got) != 1 {
		t.Errorf("an endpoint that may not honor keys: sent %+v; want one request", got)
	}
}

// The values of members with password in their names are kept out of errors.
func TestDoKeepsPasswordsOutOfErrors(t *testing.T) {
	c := newClientAt(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.Copy(w, r.Body)
	})
	err := c.Do(t.Context(), "POST", "/trunks", map[string]any{"trunk": []any{map[string]any{"sipPassword": "correct horse 1", "user": "me"}}, "passwords": []string{"battery staple 2"}}, nil)
	var failure *client.Error
	if !errors.As(err, &failure) {
		t.Fatalf("error is %#v; want a *client.Error", err)
	}
	for text, want := range map[string]bool{"horse": false, "staple": false, "me": true} {
		if got := strings.Contains(string(failure.Body), text); got != want {
			t.Errorf("the body is %s; has %q is %t, want %t", failure.Body, text, got, want)
		}
	}
}
