package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/vogent-community/phonenumbers/api"
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

// Ids that would call another path are refused before anything is sent; the others arrive unchanged.
func TestAnIDNeverCallsAnotherPath(t *testing.T) {
	var paths []string
	c := newClientAt(t, func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.EscapedPath())
		w.WriteHeader(http.StatusNoContent)
	})
	for _, id := range []string{"", ".", ".."} {
		_, err := c.Get(t.Context(), id)
		_, linkErr := c.Link(t.Context(), id, "a")
		for _, err := range []error{err, linkErr, c.Delete(t.Context(), id)} {
			checkErrorIs(t, fmt.Sprintf("id %q", id), err, client.ErrValidation)
			if len(paths) != 0 {
				t.Errorf("id %q: sent to %q; want nothing sent", id, paths)
			}
		}
	}
	for id, want := range map[string]string{
		"a/b": "a%2Fb", "../x": "..%2Fx", "a?b#c": "a%3Fb%23c", "%2e%2e": "%252e%252e", "a\x00b": "a%00b", "é ": "%C3%A9%20", "search": "search", "...": "...", "a;b": "a%3Bb",
	} {
		paths = nil
		if err := c.Delete(t.Context(), id); err != nil {
			t.Errorf("id %q: %v", id, err)
		}
		if want := []string{"/api/phone_numbers/" + want}; !slices.Equal(paths, want) {
			t.Errorf("id %q: sent to %q; want %q", id, paths, want)
		}
	}
}

func TestWhatCannotBeSentIsRefusedWithAReason(t *testing.T) {
	c := inBubble(t, func(*http.Request) (*http.Response, error) {
		t.Error("it was sent")
		return nil, errors.New("sent")
	})
	_, link := c.Link(t.Context(), id, "")
	_, byNumber := c.GetByNumber(t.Context(), "")
	_, get := c.Get(t.Context(), id, client.WithIdempotencyKey("k"))
	_, buyAny := c.BuyAny(t.Context(), api.PhoneNumberSearchInput{Prefix: "415"}, client.WithIdempotencyKey("k"))
	_, timeout := c.Get(t.Context(), id, client.WithTimeout(-time.Second))
	for says, err := range map[string]error{
		"to unlink, use UnlinkAgent": link, "the number is empty": byNumber, "getPhoneNumber does not accept an Idempotency-Key": get,
		"use WithIdempotencyKey with Buy": buyAny, "-1s passed to WithTimeout": timeout,
	} {
		checkErrorIs(t, says, err, client.ErrValidation)
		checkErrorSays(t, says, err, says)
	}
}

// The hosted API documents no filter: it may ignore one, or refuse what it does not know.
func TestGetByNumberAndAllWorkWithoutAFilter(t *testing.T) {
	first := pageOf("2", like(`{"id":"1","number":"+14155550101","type":"PSTN","agentId":"agent_1"}`))
	second := pageOf("", like(`{"id":"2","number":"Support","type":"SIP_USERNAME","agentId":null}`), owned)
	for _, refuses := range []bool{false, true} {
		c := newClientAt(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case refuses && (r.URL.Query().Has("number") || r.URL.Query().Has("agentId") || r.URL.Query().Has("type")):
				answer(w, http.StatusBadRequest, `{"code":"bad_request","message":"unknown parameter"}`)
			case r.URL.Query().Get("cursor") == "2":
				answer(w, http.StatusOK, second)
			default:
				answer(w, http.StatusOK, first)
			}
		})
		for wanted, wantID := range map[string]string{number: id, "sUPPORT": "2", "+14155550101": "1", "+14155550199": "", "1": ""} {
			n, err := c.GetByNumber(t.Context(), wanted)
			var want error
			if wantID == "" {
				want = client.ErrNotFound
			}
			checkErrorIs(t, fmt.Sprintf("refuses: %t: %s", refuses, wanted), err, want)
			if n.ID != wantID {
				t.Errorf("refuses: %t: %s is %+v; want id %q", refuses, wanted, n, wantID)
			}
		}
		for _, filter := range []struct {
			params api.ListPhoneNumbersParams
			want   []string
		}{
			{api.ListPhoneNumbersParams{AgentID: new("agent_1")}, []string{"1"}},
			{api.ListPhoneNumbersParams{AgentID: api.NoAgent()}, []string{"2", id}},
			{api.ListPhoneNumbersParams{Type: new(api.SIPUsername)}, []string{"2"}},
			{api.ListPhoneNumbersParams{Type: new(api.PSTN), AgentID: api.NoAgent()}, []string{id}},
			{api.ListPhoneNumbersParams{}, []string{"1", "2", id}},
		} {
			var got []string
			for n, err := range c.All(t.Context(), filter.params) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, n.ID)
			}
			if !slices.Equal(got, filter.want) {
				t.Errorf("refuses: %t: ids are %v; want %v", refuses, got, filter.want)
			}
		}
	}
}

// Middleware that adds to the headers of a try does not add to those of the next.
func TestEachTryHasItsOwnHeaders(t *testing.T) {
	var got [][]string
	_, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
		got = append(got, r.Header.Values("X-Signature"))
		return reply(503, nil, ""), nil
	}, client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			r.Header.Add("X-Signature", "s")
			return next.RoundTrip(r)
		})
	})).WithoutJitter(0).Get(t.Context(), id)
	if want := [][]string{{"s"}, {"s"}, {"s"}, {"s"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("sent %v, then %v; want %v", got, err, want)
	}
}

// A server whose certificate is not trusted is not asked again, and has not seen a purchase.
func TestAnUntrustedServerIsNotAskedAgain(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	var connections atomic.Int64
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	defer server.Close()
	c := clientOf(t, server.URL)
	for _, operationID := range []string{"getPhoneNumber", "createPhoneNumber"} {
		connections.Store(0)
		err := methods[operationID].call(t.Context(), c)
		checkErrorIs(t, operationID, err, client.ErrUnavailable)
		checkErrorSays(t, operationID, err, "certificate")
		if got := connections.Load(); got != 1 {
			t.Errorf("%s: made %d connections; want 1", operationID, got)
		}
	}
}

// tracked is a body that knows whether it was closed.
type tracked struct {
	io.Reader
	open *atomic.Int64
}

func (b tracked) Close() error {
	b.open.Add(-1)
	return nil
}

func TestEveryBodyIsClosed(t *testing.T) {
	for _, status := range []int{101, 200, 204, 302, 404, 422, 503} {
		for name, body := range map[string]io.Reader{
			"good": strings.NewReader(owned), "endless": endlessReader{}, "broken": iotest.ErrReader(io.ErrUnexpectedEOF),
		} {
			var open atomic.Int64
			_, err := inBubble(t, func(*http.Request) (*http.Response, error) {
				open.Add(1)
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: tracked{body, &open}}, nil
			}, client.WithRetries(0)).Get(t.Context(), id)
			if ok := status == http.StatusOK && name == "good"; ok != (err == nil) {
				t.Errorf("%d with a %s body: error is %v; want none: %t", status, name, err, ok)
			}
			if got := open.Load(); got != 0 {
				t.Errorf("%d with a %s body: %d bodies are open; want 0", status, name, got)
			}
		}
	}
}

type endlessReader struct{}

func (endlessReader) Read(p []byte) (int, error) { return len(p), nil }

func TestOneClientServesManyGoroutines(t *testing.T) {
	c := newClientAt(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Call") == "" {
			t.Error("X-Call is empty; want the name of the call")
		}
		if got, want := r.Header.Get("Authorization"), "Bearer "+testKey; got != want {
			t.Errorf("Authorization is %q; want %q", got, want)
		}
		answer(w, http.StatusOK, owned)
	})
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 20 {
				_, get := c.Get(t.Context(), id, client.WithHeader("X-Call", "get"))
				_, buy := c.Buy(t.Context(), number, client.WithHeader("X-Call", "buy"))
				if err := errors.Join(get, buy); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestTheDefaultClientOfAProgramSharesItsConnections(t *testing.T) {
	connections := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		answer(w, http.StatusOK, owned)
	}))
	defer server.Close()
	for range 5 {
		c, err := client.New(client.WithBaseURL(server.URL), client.WithAPIKey("k"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(context.WithoutCancel(t.Context()), id); err != nil {
			t.Fatal(err)
		}
	}
	if len(connections) != 1 {
		t.Errorf("five clients opened %d connections; want 1", len(connections))
	}
}

// The lines that the package documentation shows are those of an example, which runs. docs_test.go checks those in README and docs.
func TestTheLinesInTheDocumentationAreThoseOfTheExamples(t *testing.T) {
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)(^//\t.*\n)+`).FindString(string(text))
	lines = strings.ReplaceAll(strings.TrimSpace(lines), "//\t", "\t")
	if got := strings.Count(lines, "\n"); got < 7 {
		t.Errorf("doc.go shows code with %d line breaks; want 7 or more", got)
	}
	if !strings.Contains(string(example), strings.TrimSpace(lines)) {
		t.Errorf("doc.go shows\n%s\nwant lines of an example", lines)
	}
}
