package client_test

import (
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/client"
)

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for name, test := range map[string]struct {
		key, url string // of the environment
		opts     []client.Option
		says     string // empty if it works
	}{
		"the environment":         {"k", "http://127.0.0.1:8080/api", nil, ""},
		"the hosted API":          {"k", "", nil, ""},
		"slashes after the URL":   {"k", "http://127.0.0.1:8080/api//", nil, ""},
		"no key":                  {"", "", nil, "no API key: set VOGENT_API_KEY, or pass WithAPIKey"},
		"an empty key":            {"k", "", []client.Option{client.WithAPIKey("")}, "WithAPIKey is empty"},
		"a key with a line break": {"secret\n", "", nil, "VOGENT_API_KEY contains a space, a line break"},
		"no scheme":               {"k", "127.0.0.1:8080/api", nil, "VOGENT_BASE_URL"},
		"no scheme, a name":       {"k", "localhost:8080/api", nil, "VOGENT_BASE_URL does not start with https:// or http://"},
		"another scheme":          {"k", "", []client.Option{client.WithBaseURL("ftp://h/api")}, "the base URL does not start with https:// or http://"},
		"no host":                 {"k", "http:///api", nil, "has no host"},
		"an empty URL":            {"k", "http://h/api", []client.Option{client.WithBaseURL("")}, "the base URL is empty"},
		"port 99999":              {"k", "http://h:99999/api", nil, "has a port outside 1 to 65535"},
		"port 0":                  {"k", "http://h:0/api", nil, "has a port outside 1 to 65535"},
		"an empty port":           {"k", "http://h:/api", nil, ""},
		"an operation":            {"k", "http://h/api/phone_numbers", nil, "ends in /phone_numbers, which the client adds itself"},
		"another operation":       {"k", "http://h/api/phone_numbers/search/", nil, "ends in /phone_numbers/search, which the client adds itself"},
		"a path of that name":     {"k", "http://h/my_phone_numbers", nil, ""},
		"a query":                 {"k", "http://h/api?x=1", nil, "has a query"},
		"an empty query":          {"k", "http://h/api?", nil, "has a query"},
		"a fragment":              {"k", "http://h/api#x", nil, "has a fragment"},
		"a user":                  {"k", "http://user:secret@h/api", nil, "has a user name"},
		"no URL":                  {"k", "http://user:secret@h:port/api", nil, "is not a URL"},
		"no HTTP client":          {"k", "", []client.Option{client.WithHTTPClient(nil)}, "WithHTTPClient is nil"},
		"no logger":               {"k", "", []client.Option{client.WithLogger(nil)}, "WithLogger is nil"},
		"no middleware":           {"k", "", []client.Option{client.WithMiddleware(nil)}, "WithMiddleware is nil"},
		"no time":                 {"k", "", []client.Option{client.WithTimeout(0)}, "is not positive"},
		"negative retries":        {"k", "", []client.Option{client.WithRetries(-1)}, "is negative"},
		"a bad user agent":        {"k", "", []client.Option{client.WithUserAgent("a\nb")}, "control character"},
		"a key for all calls":     {"k", "", []client.Option{client.WithIdempotencyKey("x")}, "only for single calls"},
		"an answer for all calls": {"k", "", []client.Option{client.WithResponse(new(client.Response))}, "only for single calls"},
		"a header with a break":   {"k", "", []client.Option{client.WithHeader("A", "secret\r\nB: c")}, "line break"},
		"a header without a name": {"k", "", []client.Option{client.WithHeader("", "x")}, "not a valid header name"},
		"another Authorization":   {"k", "", []client.Option{client.WithHeader("authorization", "x")}, "WithAPIKey"},
		"another host":            {"k", "", []client.Option{client.WithHeader("host", "x")}, "the client sets it"},
		"middleware that is nil":  {"k", "", []client.Option{client.WithMiddleware(func(http.RoundTripper) http.RoundTripper { return nil })}, "WithMiddleware returned nil"},
		"another key":             {"k", "", []client.Option{client.WithHeader("X-Idempotency-Key", "x")}, "WithIdempotencyKey"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("VOGENT_API_KEY", test.key)
			t.Setenv("VOGENT_BASE_URL", test.url)
			c, err := client.New(test.opts...)
			checkErrorSays(t, "New", err, test.says)
			if (c == nil) != (err != nil) {
				t.Errorf("New returns the client %v and the error %v; want one of the two", c, err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("error is %v; want it without the secret", err)
			}
		})
	}
}

func TestARequestHasWhatTheOptionsSay(t *testing.T) {
	var got *http.Request
	var order []string
	through := func(name string) client.Option {
		return client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		})
	}
	followed := errors.New("the caller's own rule for redirects")
	mine := &http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			got = r
			return reply(200, nil, like(`{"id":"`+path.Base(r.URL.Path)+`"}`)), nil
		}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return followed },
	}
	c, err := client.New(client.WithBaseURL("https://h.example/pa%2Fth/api/"), client.WithAPIKey("k"), client.WithHTTPClient(mine),
		through("outer"), through("inner"), client.WithUserAgent("me/1.0"), client.WithHeader("X-Team", "voice"), client.WithHeader("X-Plan", "a"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), "a b", client.WithHeader("X-Plan", "b")); err != nil {
		t.Fatal(err)
	}
	if want := "https://h.example/pa%2Fth/api/phone_numbers/a%20b"; got.URL.String() != want {
		t.Errorf("sent to %s; want %s", got.URL, want)
	}
	if got.Host != "h.example" {
		t.Errorf("the host is %s; want h.example", got.Host)
	}
	for name, want := range map[string]string{"Authorization": "Bearer k", "User-Agent": "me/1.0", "X-Team": "voice", "X-Plan": "b"} {
		if value := got.Header.Get(name); value != want {
			t.Errorf("%s: %q; want %q", name, value, want)
		}
	}
	if want := []string{"outer", "inner"}; !slices.Equal(order, want) {
		t.Errorf("sent through %q; want %q", order, want)
	}
	checkErrorIs(t, "CheckRedirect of the caller's HTTP client", mine.CheckRedirect(nil, nil), followed)
	if _, err := c.Raw().GetPhoneNumberWithResponse(t.Context(), "1"); err != nil {
		t.Fatalf("the generated client: %v", err)
	}
	for name, want := range map[string]string{"Authorization": "Bearer k", "X-Team": "voice"} {
		if value := got.Header.Get(name); value != want {
			t.Errorf("the generated client: %s is %q; want %q", name, value, want)
		}
	}
	if want := "/pa/th/api/phone_numbers/1"; got.URL.Path != want {
		t.Errorf("the generated client: the path is %s; want %s", got.URL.Path, want)
	}
	if _, err := c.Get(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if value := got.Header.Get("X-Plan"); value != "a" {
		t.Errorf("after a call with another X-Plan it is %q; want %q", value, "a")
	}
}

func TestTheUserAgentNamesTheModule(t *testing.T) {
	var got string
	c := inBubble(t, func(r *http.Request) (*http.Response, error) {
		got = r.Header.Get("User-Agent")
		return reply(200, nil, owned), nil
	})
	if _, err := c.Get(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got, "phonenumbers-go") {
		t.Errorf("User-Agent is %q; want it to start with phonenumbers-go", got)
	}
}
