package client_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

func gzipped(body string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, body)
	_ = w.Close()
	return b.String()
}

// A response that clearly says that a call was carried out is no failure, in whatever form it comes.
func TestAnswersThatAreUnusualAndGood(t *testing.T) {
	for name, send := range map[string]http.HandlerFunc{
		"201":                 plainly(201, owned),
		"a byte order mark":   plainly(200, "\ufeff"+owned),
		"gzip unasked":        encoded("gzip", gzipped(owned)),
		"x-gzip":              encoded("X-GZIP", gzipped(owned)),
		"gzip in two members": encoded("gzip", gzipped(owned[:20])+gzipped(owned[20:])),
		"identity":            encoded("identity", owned),
		"an early hint before": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = w.Write([]byte(owned))
		},
		"space around the JSON":      plainly(200, "\r\n\t "+owned+"\r\n"),
		"100 unasked":                bytesOf("100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + owned),
		"a length twice":             bytesOf(fmt.Sprintf("200 OK\r\nConnection: close\r\nContent-Length: %[1]d\r\nContent-Length: %[1]d\r\n\r\n%[2]s", len(owned), owned)),
		"trailers":                   bytesOf(fmt.Sprintf("200 OK\r\nConnection: close\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n%x;a=b\r\n%s\r\n0\r\nX: y\r\n\r\n", len(owned), owned)),
		"headers of 2 MB":            bytesOf("200 OK\r\nX: " + strings.Repeat("x", 2<<20) + "\r\nConnection: close\r\n\r\n" + owned),
		"a lie about the type":       bytesOf("200 OK\r\nContent-Type: text/html; charset=utf-16\r\n\r\n" + owned),
		"a member twice":             plainly(200, `{"id":"another","number":"another",`+owned[1:]),
		"a deep new member":          plainly(200, `{"x":`+strings.Repeat("[", 9000)+strings.Repeat("]", 9000)+","+owned[1:]),
		"a new member, not in UTF-8": plainly(200, `{"x":"`+"\xff\xfe"+`",`+owned[1:]),
	} {
		t.Run(name, func(t *testing.T) {
			for way, opts := range map[string][]client.CallOption{
				"":                              nil,
				", a caller that asks for gzip": {client.WithHeader("Accept-Encoding", "gzip")},
			} {
				c := newClientAt(t, send)
				if n, err := c.Get(t.Context(), id, opts...); err != nil || n.ID != id {
					t.Errorf("Get%s: %+v, %v; want the id %s", way, n, err, id)
				}
				if n, err := c.Buy(t.Context(), number, opts...); err != nil || n.Number != number {
					t.Errorf("Buy%s: %+v, %v; want the number %s", way, n, err, number)
				}
			}
		})
	}
	for _, status := range []int{200, 201, 204} {
		sent := 0
		err := newClientAt(t, func(w http.ResponseWriter, _ *http.Request) {
			sent++
			answer(w, status, map[int]string{200: owned, 201: owned}[status])
		}).Delete(t.Context(), id)
		if err != nil {
			t.Errorf("Delete, then %d: %v", status, err)
		}
		if sent != 1 {
			t.Errorf("Delete, then %d: sent %d times; want once", status, sent)
		}
	}
}

func encoded(encoding, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", encoding)
		_, _ = w.Write([]byte(body))
	}
}

// A problem reads the same in gzip and after a byte order mark.
func TestAProblemIsReadInGzipAndBehindAByteOrderMark(t *testing.T) {
	for name, body := range map[string]string{"gzip": gzipped(`{"code":"not_found","detail":"Gone."}`), "": "\ufeff" + `{"code":"not_found","detail":"Gone."}`} {
		_, err := newClientAt(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", name)
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(body))
		}).Get(t.Context(), id, client.WithHeader("Accept-Encoding", "gzip"))
		checkErrorIs(t, "encoding "+name, err, client.ErrNotFound)
		checkErrorSays(t, "encoding "+name, err, "Gone. (not_found)")
	}
}

// A small response cannot unpack to more than the bound.
func TestAnAnswerInGzipIsBoundedToo(t *testing.T) {
	bomb := strings.Repeat(gzipped(strings.Repeat(" ", 1<<20)), 20) + gzipped(owned)
	_, err := newClientAt(t, encoded("gzip", bomb)).Get(t.Context(), id, client.WithHeader("Accept-Encoding", "gzip"))
	checkErrorSays(t, fmt.Sprintf("%d bytes", len(bomb)), err, "more than 8 MiB")
}

// A value that is not a sensible number of seconds is no promise, so a purchase is not sent again.
func TestATimeToLiveThatIsNoSaneNumberIsNoPromise(t *testing.T) {
	for _, test := range []struct {
		values []string
		again  bool
	}{
		{[]string{"86400"}, true},
		{[]string{"31622400"}, true},
		{[]string{"31622401"}, false},
		{[]string{"99999999999999999999"}, false},
		{[]string{"2147483648"}, false},
		{[]string{"-1"}, false},
		{[]string{"+86400"}, false},
		{[]string{"86400.5"}, false},
		{[]string{"86400s"}, false},
		{[]string{"24h"}, false},
		{[]string{"0x15180"}, false},
		{[]string{"86_400"}, false},
		{[]string{" 86400"}, false},
		{[]string{"86400, 86400"}, false},
		{[]string{"86400", "60"}, false},
		{[]string{""}, false},
		{[]string{"true"}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			posts := 0
			_, err := inBubble(t, unavailable(&posts, new(http.Header), http.Header{"Idempotency-Key-Ttl": test.values})).Buy(t.Context(), number)
			checkErrorIs(t, fmt.Sprintf("%q", test.values), err, client.ErrOutcomeUnknown)
			if again := posts > 1; again != test.again {
				t.Errorf("%q: sent %d times; sent again is %t, want %t", test.values, posts, again, test.again)
			}
		})
	}
}

func TestRetryAfterIsReadAgainstTheDateOfTheAnswer(t *testing.T) {
	at := time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC) // a server whose clock is years ahead
	for _, test := range []struct {
		value, date string
		want        time.Duration
	}{
		{at.Add(7 * time.Second).Format(http.TimeFormat), at.Format(http.TimeFormat), 7 * time.Second},
		{at.Add(-time.Second).Format(http.TimeFormat), at.Format(http.TimeFormat), 0},
		{at.Add(9999 * time.Hour).Format(http.TimeFormat), at.Format(http.TimeFormat), 366 * 24 * time.Hour},
		{at.Add(7 * time.Second).Format(time.RFC850), at.Format(time.ANSIC), 7 * time.Second},
		{"1.5", "", 1500 * time.Millisecond},
		{"0.25", "", 250 * time.Millisecond},
		{".5", "", 500 * time.Millisecond},
		{"2.", "", 2 * time.Second},
		{"1.2.3", "", 0},
		{".", "", 0},
		{"1e3", "", 0},
		{"inf", "", 0},
		{"nan", "", 0},
		{"0x10", "", 0},
		{strings.Repeat("9", 400), "", 366 * 24 * time.Hour},
	} {
		c := inBubble(t, func(*http.Request) (*http.Response, error) {
			return reply(503, http.Header{"Retry-After": {test.value}, "Date": {test.date}}, ""), nil
		}, client.WithRetries(0))
		_, err := c.Get(t.Context(), id)
		var failure *client.Error
		if !errors.As(err, &failure) {
			t.Fatalf("%q at %q: error is %#v; want a *client.Error", test.value, test.date, err)
		}
		if failure.RetryAfter != test.want {
			t.Errorf("%q at %q: RetryAfter is %v; want %v", test.value, test.date, failure.RetryAfter, test.want)
		}
	}
}

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

// A middleware sees what each request is for.
func TestAttemptOf(t *testing.T) {
	var got []client.Attempt
	see := client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			a, ok := client.AttemptOf(r.Context())
			if !ok {
				a.Route = "none"
			}
			got = append(got, a)
			return next.RoundTrip(r)
		})
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, 503, "") }))
	defer server.Close()
	c := clientOf(t, server.URL, see)
	for operationID, m := range methods {
		got = nil
		_ = m.call(t.Context(), c)
		n := 0
		for _, a := range got {
			if a.Operation != operationID {
				continue // a look-up
			}
			if n++; a.Number != n {
				t.Errorf("%s: the attempt is %+v; want the number %d", operationID, a, n)
			}
			if a.Route == "" {
				t.Errorf("%s: the attempt is %+v; want a route", operationID, a)
			}
			if strings.Contains(a.Route, id) {
				t.Errorf("%s: the attempt is %+v; want a route without the id %s", operationID, a, id)
			}
		}
		if n != 2 && (!m.creates || n != 1) {
			t.Errorf("%s: %d attempts, %+v; want 2, or 1 if it creates: %t", operationID, n, got, m.creates)
		}
	}
	got = nil
	_ = c.Do(t.Context(), "GET", "/agents/17?x=1", nil, nil, client.WithRetries(0))
	_, _ = c.Raw().ListPhoneNumbersWithResponse(t.Context(), &api.ListPhoneNumbersParams{})
	if len(got) != 2 {
		t.Fatalf("the attempts are %+v; want 2", got)
	}
	if want := (client.Attempt{Number: 1}); got[0] != want {
		t.Errorf("the attempt of Do is %+v; want %+v", got[0], want)
	}
	if got[1].Route != "none" {
		t.Errorf("a request of Raw has the attempt %+v; want none", got[1])
	}
}
