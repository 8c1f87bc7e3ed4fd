package inbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api/control"
)

// respond returns a handler that sends a response byte by byte as given, and then closes the connection.
func respond(t *testing.T, response string) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		fmt.Fprint(conn, response)
	}
}

func ok(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func TestAWebhookThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	const (
		closed     = "The webhook closed the connection before it responded."
		invalid    = "The webhook did not send a valid HTTP response."
		incomplete = "The body of the webhook's response was incomplete."
		notJSON    = "The body of the webhook's response is not JSON."
		noObject   = "The body of the webhook's response is not a JSON object."
		input      = "In the webhook's response, call_agent_input must be an object whose values are strings."
		keywords   = "In the webhook's response, keywords must be an array of strings."
	)
	for _, test := range []struct {
		name, response string
		status         int
		want           string
	}{
		{"nothing", "", 0, closed},
		{"a part of the header", "HTTP/1.1 200 OK\r\n", 0, closed},
		{"no HTTP", "hello\r\n\r\n", 0, invalid},
		{"400", "HTTP/1.1 400 Bad Request\r\n\r\n", 400, "The webhook responded with status 400."},
		{"500", "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}", 500, "The webhook responded with status 500."},
		{"304", "HTTP/1.1 304 Not Modified\r\n\r\n", 304, "The webhook responded with status 304."},
		{"101", "HTTP/1.1 101 Switching Protocols\r\n\r\n", 101, "The webhook responded with status 101."},
		{"a body cut in the middle", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", 200, incomplete},
		{"a body cut between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", 200, incomplete},
		{"a body that is too large", ok("{}" + strings.Repeat(" ", maxResponse-1)), 200, "The body of the webhook's response is larger than 64 KiB."},
		{"HTML", ok("<p>hello</p>"), 200, notJSON},
		{"two values", ok("{}{}"), 200, notJSON},
		{"a space", ok(" "), 200, notJSON},
		{"null", ok("null"), 200, noObject},
		{"an array", ok(`["call_agent_input"]`), 200, noObject},
		{"an input that is a string", ok(`{"call_agent_input": "a"}`), 200, input},
		{"an input that is null", ok(`{"call_agent_input": null}`), 200, input},
		{"an input with a number", ok(`{"keywords": ["a"], "call_agent_input": {"a": "b", "c": 1}}`), 200, input},
		{"an input with null", ok(`{"call_agent_input": {"a": null}}`), 200, input},
		{"keywords that are a string", ok(`{"keywords": "a"}`), 200, keywords},
		{"keywords that are null", ok(`{"keywords": null}`), 200, keywords},
		{"keywords with a number", ok(`{"keywords": ["a", 1], "call_agent_input": {"a": "b"}}`), 200, keywords},
		{"keywords with null", ok(`{"keywords": ["a", null]}`), 200, keywords},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLine(t)
			l.startReceiver(t, respond(t, test.response))
			got := l.answered(t)
			if got.Error != test.want || got.Status != test.status {
				t.Errorf("the status is %d and the error %q; want %d and %q", got.Status, got.Error, test.status, test.want)
			}
			if len(got.CallAgentInput)+len(got.Keywords) > 0 {
				t.Errorf("the result has the input %v and the keywords %q; want none", got.CallAgentInput, got.Keywords)
			}
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		l := newLine(t)
		l.startReceiver(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/webhook" {
				t.Errorf("the webhook went to %s; want only /webhook", r.URL.Path)
			}
			http.Redirect(w, r, "/elsewhere", status)
		})
		want := fmt.Sprintf("The webhook responded with a redirect, status %d. Redirects are not followed.", status)
		if got := l.answered(t); got.Error != want || got.Status != status {
			t.Errorf("the status is %d and the error %q; want %d and %q", got.Status, got.Error, status, want)
		}
	}
}

func TestAWebhookThatIsNotThereSaysSo(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.Webhook = &control.Webhook{URL: "http://127.0.0.1:1/webhook", Secret: testSecret}
	const want = "The webhook is not reachable: dial tcp 127.0.0.1:1: "
	if got := l.answered(t); !strings.HasPrefix(got.Error, want) || got.Status != 0 {
		t.Errorf("the status is %d and the error %q; want 0 and one that starts with %q", got.Status, got.Error, want)
	}
	l.startReceiver(t, func(http.ResponseWriter, *http.Request) { t.Error("the receiver got a request; want none") })
	l.Webhook.URL = strings.Replace(l.Webhook.URL, "http:", "https:", 1)
	const wantTLS = "The webhook is not reachable: tls: first record does not look like a TLS handshake."
	if got := l.answered(t); got.Error != wantTLS || got.Status != 0 {
		t.Errorf("with https, the status is %d and the error %q; want 0 and %q", got.Status, got.Error, wantTLS)
	}
}

func TestAWebhookHasThreeSeconds(t *testing.T) {
	t.Parallel()
	if webhookTimeout != 3*time.Second {
		t.Errorf("the limit is %v; want 3s, as published", webhookTimeout)
	}
	if got := new(Caller).limit(); got != webhookTimeout {
		t.Errorf("the limit of a Caller is %v; want %v", got, webhookTimeout)
	}
	for _, test := range []struct {
		part   string
		status int
		want   string
	}{
		{"headers", 0, "The webhook did not respond within %g seconds."},
		{"body", 201, "The response of the webhook did not end within %g seconds."},
	} {
		l := newLine(t)
		l.startReceiver(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if test.part == "body" {
				w.WriteHeader(http.StatusCreated)
				fmt.Fprint(w, "{")
				_ = http.NewResponseController(w).Flush()
			}
			<-r.Context().Done() // the client closes the connection
		})
		l.timeout = 50 * time.Millisecond
		got := l.answered(t)
		for got.Status != test.status && l.timeout < time.Minute { // on a busy machine, the headers take longer
			l.timeout *= 2
			got = l.answered(t)
		}
		if want := fmt.Sprintf(test.want, l.timeout.Seconds()); got.Error != want || got.Status != test.status {
			t.Errorf("slow %s: the status is %d and the error %q; want %d and %q", test.part, got.Status, got.Error, test.status, want)
		}
		if got.DurationMs < int(l.timeout.Milliseconds()) {
			t.Errorf("slow %s: the webhook took %d ms; want %v or more", test.part, got.DurationMs, l.timeout)
		}
	}
}

// The response is too large before it ends: Call does not wait for the end.
func TestNoMoreOfAResponseIsReadThanNeeded(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.startReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, strings.Repeat(" ", maxResponse+1))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // the client closes the connection
	})
	const want = "The body of the webhook's response is larger than 64 KiB."
	if got := l.answered(t); got.Error != want {
		t.Errorf("the error is %q; want %q", got.Error, want)
	}
}

// net/http goes on connecting when the context of a request ends. This webhook never responds to the TLS handshake.
func TestAnAttemptToConnectEndsWithTheCall(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it returns at once
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			defer func() { _ = conn.Close() }()
			_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
			_, _ = conn.Read(make([]byte, 1))
			cancel()
			_, err = io.Copy(io.Discard, conn)
		}
		ended <- err
	}()
	l.Webhook = &control.Webhook{URL: "https://" + listener.Addr().String()}
	if _, err := l.call(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v; want %v", err, context.Canceled)
	}
	if err := <-ended; err != nil {
		t.Errorf("the connection ended with %v; want it closed by the caller", err)
	}
}
