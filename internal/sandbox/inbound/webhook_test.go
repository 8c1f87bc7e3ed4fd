package inbound

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/vogent-community/phonenumbers/api/control"
)

const testSecret = "whsec_test"

// startReceiver starts a receiver and makes it the webhook of the line.
func (l *line) startReceiver(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	l.Webhook = &control.Webhook{URL: server.URL + "/webhook", Secret: testSecret}
	return server
}

// answered makes a call that must reach the agent, and returns what came of the webhook.
func (l *line) answered(t *testing.T) control.WebhookResult {
	t.Helper()
	call, err := l.call(t.Context())
	if err != nil || call.AgentID != l.number.AgentID || call.NumberID != l.number.ID || call.Webhook == nil {
		t.Fatalf("the call is %+v, %v; want one to %+v with a webhook", call, err, l.number)
	}
	if call.Webhook.DurationMs < 0 {
		t.Errorf("the webhook took %d ms; want 0 or more", call.Webhook.DurationMs)
	}
	return *call.Webhook
}

func TestTheEventIsAsPublished(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	var ids []string
	l.NewID = func() string { ids = append(ids, uuid.NewString()); return ids[len(ids)-1] }
	var request *http.Request
	var body []byte
	l.startReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		request = r
		body, _ = io.ReadAll(r.Body) // what was read is compared
		fmt.Fprint(w, `{"call_agent_input": {"name": "Ada"}, "keywords": ["Vogent", ""], "new": null, "KEYWORDS": 1e999}`)
	})
	got := l.answered(t)
	got.DurationMs = 0
	want := control.WebhookResult{Status: 200, CallAgentInput: map[string]string{"name": "Ada"}, Keywords: []string{"Vogent", ""}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the result is %+v; want %+v", got, want)
	}
	if len(ids) != 2 {
		t.Fatalf("the caller made %d ids; want 2", len(ids))
	}
	if want := fmt.Sprintf(`{"event":"dial.inbound","payload":{"dial_session_id":"%s","dial_id":"%s","dest_number_id":"%s",`+
		`"call_agent_id":"agent_1","source_number":"+18005550100"}}`, ids[0], ids[1], l.number.ID); string(body) != want {
		t.Errorf("the body is %s; want %s", body, want)
	}
	if request.Method != http.MethodPost || request.URL.String() != "/webhook" {
		t.Errorf("the request is %s %s; want POST /webhook", request.Method, request.URL)
	}
	mac := hmac.New(sha256.New, []byte(testSecret))
	mac.Write(body)
	for name, want := range map[string]string{
		"Content-Type": "application/json", "X-Elto-Signature": hex.EncodeToString(mac.Sum(nil)), "Authorization": "",
	} {
		if got := request.Header.Get(name); got != want {
			t.Errorf("%s is %q; want %q", name, got, want)
		}
	}
	if !request.Close {
		t.Error("the connection can be used again; want it closed after the response")
	}
}

func TestUserAndPasswordOfTheURLAreSent(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	var name, password, query string
	l.startReceiver(t, func(_ http.ResponseWriter, r *http.Request) {
		name, password, _ = r.BasicAuth()
		query = r.URL.RawQuery
	})
	l.Webhook.URL = strings.Replace(l.Webhook.URL, "//", "//ada:p%40ss@", 1) + "?token=1"
	if got := l.answered(t); got.Error != "" {
		t.Errorf("the error is %q; want none", got.Error)
	}
	if name != "ada" || password != "p@ss" || query != "token=1" {
		t.Errorf("the receiver got the user %q, the password %q and the query %q; want ada, p@ss and token=1", name, password, query)
	}
}

func TestEveryStatusOfSuccessAndAnEmptyResponseAreFine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		body   string
	}{
		{200, ""},
		{200, "{}"},
		{200, " {} \n"},
		{201, "{}"},
		{202, ""},
		{204, ""},
		{299, "{}"},
		{200, `{"call_agent_input": {}, "keywords": []}`},
		{200, `{"pad": "` + strings.Repeat("a", maxResponse-len(`{"pad": ""}`)) + `"}`},
	} {
		l := newLine(t)
		l.startReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(test.status)
			fmt.Fprint(w, test.body)
		})
		got := l.answered(t)
		if got.Error != "" || got.Status != test.status || len(got.CallAgentInput)+len(got.Keywords) > 0 {
			t.Errorf("status %d with %.20q: the result is %+v; want only the status", test.status, test.body, got)
		}
	}
}

// net/http connects to 0.0.0.0 as to this machine, but takes a proxy for it. TestMain sets one.
func TestTheWebhookIsSentWithoutAProxy(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.startReceiver(t, func(http.ResponseWriter, *http.Request) {})
	l.Webhook.URL = strings.Replace(l.Webhook.URL, "127.0.0.1", "0.0.0.0", 1)
	if got := l.answered(t); got.Status != 200 || got.Error != "" {
		t.Errorf("the result is %+v; want status 200", got)
	}
}

func TestTheErrorOfAnEndedContextIsReturned(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"headers", "body"} {
		l := newLine(t)
		ctx, cancel := context.WithCancel(t.Context())
		l.startReceiver(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if part == "body" {
				_ = http.NewResponseController(w).Flush()
			}
			cancel()
			<-r.Context().Done()
		})
		if got, err := l.call(ctx); !errors.Is(err, context.Canceled) || got != (control.Call{}) {
			t.Errorf("the end comes before the %s: the call is %+v, %v; want the error %v", part, got, err, context.Canceled)
		}
		cancel()
	}
}

// The receiver waits until all calls are there. When the last has ended, no connection and no goroutine is left.
func TestCallsAtOnceLeaveNothingBehind(t *testing.T) {
	const calls = 50
	l := newLine(t)
	before := runtime.NumGoroutine()
	var open atomic.Int32
	var all sync.WaitGroup
	all.Add(calls)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all.Done()
		all.Wait()
		fmt.Fprintf(w, `{"keywords": ["%s"]}`, r.Header.Get("X-Elto-Signature"))
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		default:
		}
	}
	server.Start()
	l.Webhook = &control.Webhook{URL: server.URL, Secret: testSecret}
	var signatures sync.Map
	var group sync.WaitGroup
	for range calls {
		group.Go(func() {
			call, err := l.call(t.Context())
			if err != nil || call.Webhook.Error != "" || len(call.Webhook.Keywords) != 1 {
				t.Errorf("the call is %+v, %v; want one with a keyword", call, err)
				return
			}
			if _, twice := signatures.Swap(call.Webhook.Keywords[0], nil); twice {
				t.Errorf("two events have the signature %s; want different events", call.Webhook.Keywords[0])
			}
		})
	}
	group.Wait()
	waitFor(t, "open connections", 0, func() int { return int(open.Load()) })
	server.Close()
	waitFor(t, "goroutines", before, runtime.NumGoroutine)
}

// waitFor waits until a count is at most want.
func waitFor(t *testing.T, what string, want int, count func() int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); count() > want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("there are %d %s; want at most %d\n%s", count(), what, want, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
