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
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
)

// Ids that would call another path are refused before anything is sent; the others arrive unchanged.
func TestAnIDNeverCallsAnotherPath(t *testing.T) {
	t.Parallel()
	srv := apitest.NewServer(t)
	c := srv.Client()
	for _, id := range []string{"", ".", ".."} {
		_, err := c.Get(t.Context(), id)
		_, linkErr := c.Link(t.Context(), id, "a")
		for _, err := range []error{err, linkErr, c.Delete(t.Context(), id)} {
			checkErrorIs(t, fmt.Sprintf("id %q", id), err, client.ErrValidation)
			if sent := srv.Requests(); len(sent) != 0 {
				t.Errorf("id %q: sent %+v; want nothing sent", id, sent)
			}
		}
	}
	srv.Fail(control.Fault{Status: http.StatusNoContent})
	for id, want := range map[string]string{
		"a/b": "a%2Fb", "../x": "..%2Fx", "a?b#c": "a%3Fb%23c", "%2e%2e": "%252e%252e", "a\x00b": "a%00b", "é ": "%C3%A9%20", "search": "search", "...": "...", "a;b": "a%3Bb",
	} {
		before := len(srv.Requests())
		if err := c.Delete(t.Context(), id); err != nil {
			t.Errorf("id %q: %v", id, err)
		}
		var paths []string
		for _, r := range srv.Requests()[before:] {
			paths = append(paths, r.Path)
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

// If the certificate of a server is not trusted, the client does not try again, and knows that the server saw no purchase.
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

// tracked is a body that decrements open when it is closed.
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

// The code in the package documentation is that of an example, which runs. docs_test.go checks the code in README and docs.
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
