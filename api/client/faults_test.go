package client_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// fault is a way for a server to misbehave, and what is to come of it.
type fault struct {
	answer http.HandlerFunc      // instead of the good one
	wrong  func(m method) string // or this 200
	accept func(*net.TCPConn)    // or this, before anything is read
	option client.CallOption     // for this row

	is     error  // of a call that can be repeated; nil for none of the package's
	status int    // of it
	says   string // in it
	again  bool   // it is sent again

	notCreated bool // also a creating call is sure of what happened
}

var stall = client.WithTimeout(2 * time.Second)

// The outcome of each operation with a server that misbehaves in each of these ways.
var faults = map[string]fault{
	"200 with HTML":            {answer: page(200), status: 200, says: "not usable: it is text/html, not JSON"},
	"truncated JSON":           {wrong: func(m method) string { return m.good[:len(m.good)-1] }, status: 200, says: "unexpected end"},
	"more behind the JSON":     {wrong: func(m method) string { return m.good + "{}" }, status: 200, says: "after top-level value"},
	"null":                     {wrong: func(method) string { return "null" }, status: 200, says: "not usable"},
	"{}":                       {wrong: func(method) string { return "{}" }, status: 200, says: "not usable"},
	"a member is missing":      {wrong: func(m method) string { return m.lacking }, status: 200, says: "a required member is missing"},
	"another number":           {wrong: about, status: 200, says: "not usable: "},
	"101":                      {answer: switching, status: 101, says: "the status is not documented"},
	"202":                      {answer: plainly(202, owned), status: 202, says: "the status is not documented"},
	"206":                      {answer: plainly(206, owned), status: 206, says: "the status is not documented"},
	"301 to another host":      {answer: elsewhere(301), status: 301, says: "the client does not follow redirects", notCreated: true},
	"302":                      {answer: elsewhere(302), status: 302, says: "the client does not follow redirects", notCreated: true},
	"303":                      {answer: elsewhere(303), status: 303, says: "the client does not follow redirects"},
	"307":                      {answer: elsewhere(307), status: 307, says: "the client does not follow redirects", notCreated: true},
	"308":                      {answer: elsewhere(308), status: 308, says: "the client does not follow redirects", notCreated: true},
	"401 text":                 {answer: plainly(401, "who are you?"), is: client.ErrUnauthorized, status: 401, says: "who are you?", notCreated: true},
	"404 HTML":                 {answer: page(404), is: client.ErrNotFound, status: 404, says: "404 Not Found", notCreated: true},
	"405":                      {answer: plainly(405, ""), status: 405, says: "405 Method Not Allowed", notCreated: true},
	"409":                      {answer: plainly(409, `{"message":"busy"}`), status: 409, says: "busy", notCreated: true},
	"413 HTML":                 {answer: page(413), status: 413, says: "413 Request Entity Too Large", notCreated: true},
	"415":                      {answer: plainly(415, ""), status: 415, says: "415 Unsupported Media Type", notCreated: true},
	"421":                      {answer: plainly(421, ""), status: 421, says: "Misdirected Request", again: true, notCreated: true},
	"425":                      {answer: plainly(425, ""), status: 425, says: "Too Early", again: true, notCreated: true},
	"429 with seconds":         {answer: later("1"), is: client.ErrRateLimited, status: 429, says: "slow down", again: true, notCreated: true},
	"429 with a date":          {answer: inASecond, is: client.ErrRateLimited, status: 429, says: "slow down", again: true, notCreated: true},
	"499":                      {answer: plainly(499, ""), status: 499, says: "499"},
	"200 in br":                {answer: encodedAs("br", 200), status: 200, says: `its Content-Encoding is "br"`},
	"404 in br":                {answer: encodedAs("br", 404), is: client.ErrNotFound, status: 404, says: `its Content-Encoding is "br"`, notCreated: true},
	"200 in gzip that is none": {answer: encodedAs("gzip", 200), is: client.ErrUnavailable, status: 200, says: "gzip: invalid header", again: true},
	"500 empty":                {answer: plainly(500, ""), is: client.ErrUnavailable, status: 500, says: "500 Internal Server Error", again: true},
	"502 HTML":                 {answer: page(502), is: client.ErrUnavailable, status: 502, says: "502 Bad Gateway", again: true},
	"an endless body":          {answer: endless(200), status: 200, says: "more than 8 MiB"},
	"an endless 502":           {answer: endless(502), is: client.ErrUnavailable, status: 502, says: "502 Bad Gateway", again: true},
	"cut before the request was read": {
		accept: func(c *net.TCPConn) { _ = c.Close() }, is: client.ErrUnavailable, says: "no complete response", again: true,
	},
	"cut after the request was read": {answer: hangUp, is: client.ErrUnavailable, says: "no complete response", again: true},
	"cut in the body":                {answer: half, is: client.ErrUnavailable, status: 200, says: "unexpected EOF", again: true},
	"headers only":                   {answer: headersOnly, option: stall, is: client.ErrUnavailable, status: 200, says: "none within 2s", again: true},
	"no answer":                      {answer: silence, option: stall, is: client.ErrUnavailable, says: "none within 2s", again: true},
	"a slow drip":                    {answer: drip, option: stall, is: client.ErrUnavailable, status: 200, says: "none within 2s", again: true},
	"no HTTP":                        {answer: babble, is: client.ErrUnavailable, says: "malformed", again: true},

	// Bytes that net/http does not send by itself, after the request was read.
	"a chunk without a size":         {answer: bytesOf("200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"), is: client.ErrUnavailable, status: 200, says: "invalid byte in chunk length", again: true},
	"chunks without an end":          {answer: bytesOf("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), is: client.ErrUnavailable, status: 200, says: "unexpected EOF", again: true},
	"longer than its Content-Length": {answer: bytesOf("200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n" + owned), status: 200, says: "unexpected end of JSON"},
	"two Content-Lengths":            {answer: bytesOf("200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "), is: client.ErrUnavailable, says: "Content-Length", again: true},
	"a negative Content-Length":      {answer: bytesOf("200 OK\r\nContent-Length: -2\r\n\r\n{}"), is: client.ErrUnavailable, says: "Content-Length", again: true},
	"an unknown Transfer-Encoding":   {answer: bytesOf("200 OK\r\nTransfer-Encoding: gzip\r\n\r\n{}"), is: client.ErrUnavailable, says: "transfer encoding", again: true},
	"cut, without a length":          {answer: bytesOf("200 OK\r\n\r\n" + owned[:len(owned)/2]), status: 200, says: "not usable"},
	"a header without a name":        {answer: bytesOf("200 OK\r\n: x\r\n\r\n{}"), is: client.ErrUnavailable, says: "malformed MIME header", again: true},
	"100, then nothing":              {answer: bytesOf("100 Continue\r\n\r\n"), is: client.ErrUnavailable, says: "no complete response", again: true},
	"some 103, then nothing":         {answer: bytesOf(strings.Repeat("103 Early Hints\r\nLink: </>\r\n\r\nHTTP/1.1 ", 500)), is: client.ErrUnavailable, says: "no complete response", again: true},
	"a flood of 103":                 {answer: bytesOf(strings.Repeat("103 Early Hints\r\nLink: </>\r\n\r\nHTTP/1.1 ", 100000)), is: client.ErrUnavailable, says: "no complete response", again: true},
	"a reset":                        {answer: reset, is: client.ErrUnavailable, says: "connection reset", again: true},
	"half closed":                    {answer: halfClosed, is: client.ErrUnavailable, says: "EOF", again: true},

	"an empty 200":           {wrong: func(method) string { return "" }, status: 200, says: "unexpected end of JSON"},
	"a string":               {wrong: func(method) string { return `"ok"` }, status: 200, says: "it has the wrong type: string"},
	"a problem in a 200":     {wrong: func(method) string { return `{"status":422,"code":"number_unavailable"}` }, status: 200, says: "not usable"},
	"an array in an array":   {wrong: func(method) string { return strings.Repeat("[", 20000) }, status: 200, says: "exceeded max depth"},
	"numbers for strings":    {wrong: func(method) string { return `{"id":1,"number":14155550100,"type":2,"data":3}` }, status: 200, says: "has the wrong type: "},
	"UTF-16":                 {wrong: func(m method) string { return "\xff\xfe" + strings.Join(strings.Split(m.good, ""), "\x00") + "\x00" }, status: 200, says: "invalid character"},
	"200 in deflate":         {answer: encodedAs("deflate", 200), status: 200, says: `its Content-Encoding is "deflate"`},
	"gzip that is cut":       {answer: encoded("gzip", gzipped(owned)[:50]), is: client.ErrUnavailable, status: 200, says: "unexpected EOF", again: true},
	"gzip, and more":         {answer: encoded("gzip", gzipped(owned)+"and more of it"), is: client.ErrUnavailable, status: 200, says: "gzip: invalid header", again: true},
	"429 with a wait of 0":   {answer: later("0"), is: client.ErrRateLimited, status: 429, says: "slow down", again: true, notCreated: true},
	"429 by an earlier time": {answer: inAnotherAge, is: client.ErrRateLimited, status: 429, says: "slow down", again: true, notCreated: true},
	"422 cut in its body":    {answer: bytesOf("422 Unprocessable\r\nContent-Length: 99\r\n\r\n{"), is: client.ErrValidation, status: 422, says: "422", notCreated: true},
}

func TestEveryOperationWithAServerThatMisbehaves(t *testing.T) {
	t.Parallel()
	elsewhereHits.Store(0)
	eachFault(t, func(t *testing.T, name string, f fault) { //nolint:thelper // it is the test itself
		pprof.Do(t.Context(), pprof.Labels("fault", name), func(context.Context) {
			var all sync.WaitGroup
			for operationID, m := range methods {
				all.Go(func() { f.try(t, operationID, m) })
			}
			all.Wait()
		})
		start := time.Now()
		for leaked := goroutinesOf(name); leaked != nil; leaked = goroutinesOf(name) {
			if time.Since(start) > 20*time.Second { // what ends by itself may take its time
				t.Errorf("%d goroutines are left; want 0:\n%s", len(leaked), strings.Join(leaked, "\n\n"))
				break
			}
			<-time.After(time.Since(start) / 2)
		}
	})
	if n := elsewhereHits.Load(); n != 0 {
		t.Errorf("the other host got %d requests; want 0", n)
	}
}

// eachFault tries the faults at which a client waits at once, and meanwhile the others, one after another.
func eachFault(t *testing.T, try func(t *testing.T, name string, f fault)) {
	t.Helper()
	var waiting sync.WaitGroup
	defer waiting.Wait()
	for _, waits := range []bool{true, false} {
		for name, f := range faults {
			if (f.option != nil || f.status == http.StatusTooManyRequests) != waits {
				continue
			}
			run := func() { t.Run(name, func(t *testing.T) { try(t, name, f) }) }
			if waits {
				waiting.Go(run)
			} else {
				run()
			}
		}
	}
}

// goroutinesOf returns the stacks of the goroutines that began under the label of a fault.
func goroutinesOf(fault string) (stacks []string) {
	var all strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&all, 1)
	for stack := range strings.SplitSeq(all.String(), "\n\n") {
		if strings.Contains(stack, fmt.Sprintf("# labels: {%q:%q}\n", "fault", fault)) {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}

func TestAGoroutineThatIsLeftIsSeen(t *testing.T) {
	var left sync.WaitGroup
	end := make(chan struct{})
	pprof.Do(t.Context(), pprof.Labels("fault", "a leak"), func(context.Context) {
		left.Go(func() {
			left.Go(func() { <-end })
			<-end
		})
	})
	if len(goroutinesOf("a leak")) == 0 {
		t.Error("no stack is found; want one or more")
	}
	if n := len(goroutinesOf("a")); n != 0 {
		t.Errorf("%d stacks are found with another label; want 0", n)
	}
	close(end)
	left.Wait()
}

func (f fault) options() []client.CallOption {
	if f.option == nil {
		return nil
	}
	return []client.CallOption{f.option}
}

// try lets one operation meet the fault, on a server of its own.
func (f fault) try(t *testing.T, operationID string, m method) {
	t.Helper()
	s := newFaulty(t, f, m)
	defer s.close(t)
	s.faulty.Store(1 << 30)
	var kept client.Response
	err := m.call(t.Context(), s.client, append(f.options(), client.WithResponse(&kept))...)
	if err == nil && m.creates && f.accept != nil && s.posts() == 1 {
		return // the connection was gone before the body was read, so the purchase was sent again
	}
	var failure *client.Error
	if !errors.As(err, &failure) {
		t.Errorf("%s: %v; want a *client.Error", operationID, err)
		return
	}
	is, sent, open := f.is, 1, m.creates && !f.notCreated
	switch {
	case open:
		is = client.ErrOutcomeUnknown // and the look-up found nothing
	case f.again:
		sent = 2
	}
	for _, sentinel := range []error{
		client.ErrNotFound, client.ErrUnauthorized, client.ErrRateLimited, client.ErrValidation,
		client.ErrNumberUnavailable, client.ErrUnavailable, client.ErrOutcomeUnknown,
	} {
		if errors.Is(err, sentinel) != errors.Is(is, sentinel) {
			t.Errorf("%s: error is %v; is %q: %t, want %t", operationID, err, sentinel, errors.Is(err, sentinel), errors.Is(is, sentinel))
		}
	}
	if failure.StatusCode != f.status {
		t.Errorf("%s: the status in the error is %d; want %d", operationID, failure.StatusCode, f.status)
	}
	if kept.StatusCode != f.status {
		t.Errorf("%s: the kept status is %d; want %d", operationID, kept.StatusCode, f.status)
	}
	if !strings.Contains(err.Error(), f.says) {
		t.Errorf("%s: error is %v; want one that says %q", operationID, err, f.says)
	}
	if named := failure.Number == number; named != open {
		t.Errorf("%s: the number in the error is %q; is %s: %t, want %t", operationID, failure.Number, number, named, open)
	}
	if keyed := failure.IdempotencyKey != ""; keyed != m.creates {
		t.Errorf("%s: the key in the error is %q; has a key: %t, want %t", operationID, failure.IdempotencyKey, keyed, m.creates)
	}
	if got := s.sent.Load(); got != int64(sent) {
		t.Errorf("%s: sent %d times; want %d", operationID, got, sent)
	}
}

// A number that a look-up finds was bought, however the response to the purchase was lost.
func TestALookUpFindsWhatWasBought(t *testing.T) {
	t.Parallel()
	eachPurchase(t, func(t *testing.T, operationID string, f fault) { //nolint:thelper // likewise
		s := newFaulty(t, f, methods[operationID])
		defer s.close(t)
		s.faulty.Store(1 << 30)
		s.sells = true
		err := methods[operationID].call(t.Context(), s.client, f.options()...)
		if (err == nil) != !f.notCreated {
			t.Errorf("%s: error is %v; want none: %t", operationID, err, !f.notCreated)
		}
		if got := s.posts(); got > 1 && (!f.again || !f.notCreated) {
			t.Errorf("%s: sent %d times; want once at most", operationID, got)
		}
	})
}

func eachPurchase(t *testing.T, try func(t *testing.T, operationID string, f fault)) {
	t.Helper()
	eachFault(t, func(t *testing.T, _ string, f fault) { //nolint:thelper // likewise
		var both sync.WaitGroup
		defer both.Wait()
		for _, operationID := range []string{"createPhoneNumber", "purchasePhoneNumber"} {
			both.Go(func() { try(t, operationID, f) })
		}
	})
}

// Once the server has shown that it honors keys, a purchase is sent again, with the same key.
func TestAPurchaseIsRepeatedUnderItsKeyWhereKeysAreHonoured(t *testing.T) {
	t.Parallel()
	eachPurchase(t, func(t *testing.T, operationID string, f fault) { //nolint:thelper // likewise
		s := newFaulty(t, f, methods[operationID])
		defer s.close(t)
		s.ttl = "86400"
		if err := methods["listPhoneNumbers"].call(t.Context(), s.client); err != nil {
			t.Error(err)
			return
		}
		s.sent.Store(0)
		s.faulty.Store(1) // then it behaves
		if f.accept != nil {
			s.transport.CloseIdleConnections()
		}
		err := methods[operationID].call(t.Context(), s.client, f.options()...)
		sent := 2
		if f.notCreated && !f.again && f.status != http.StatusConflict { // which may stand for idempotency_in_progress
			sent = 1
		}
		if bought := sent == 2; bought != (err == nil) {
			t.Errorf("%s: error is %v; want none: %t", operationID, err, bought)
		}
		if got := s.sent.Load(); got != int64(sent) {
			t.Errorf("%s: sent %d times; want %d", operationID, got, sent)
		}
		if !s.sameKey() {
			t.Errorf("%s: sent with the keys %q; want the same one each time", operationID, s.keys)
		}
	})
}

// faulty is a server that misbehaves for one operation, a number of times, and behaves otherwise.
type faulty struct {
	client    *client.Client
	transport *http.Transport
	server    *httptest.Server
	faulty    atomic.Int64 // how many times it will misbehave
	sent      atomic.Int64 // how many requests of the operation have come, or connections where those are cut
	ttl       string       // its Idempotency-Key-TTL
	sells     bool         // its list has the number
	open      atomic.Int64 // connections of the client

	mu   sync.Mutex
	keys []string
}

func newFaulty(t *testing.T, f fault, m method) *faulty {
	t.Helper()
	s := &faulty{}
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)                     // or its context does not end with the connection
		misbehaves := !m.creates || r.Method != http.MethodGet // the look-up of a purchase is answered
		if s.ttl != "" {
			w.Header().Set("Idempotency-Key-TTL", s.ttl)
		}
		switch {
		case !misbehaves && s.sells:
			answer(w, http.StatusOK, pageOf("", owned))
		case !misbehaves:
			answer(w, http.StatusOK, pageOf(""))
		default:
			s.mu.Lock()
			s.keys = append(s.keys, r.Header.Get("Idempotency-Key"))
			s.mu.Unlock()
			s.sent.Add(1)
			switch {
			case f.accept != nil || s.faulty.Add(-1) < 0:
				answer(w, http.StatusOK, m.good)
			case f.wrong != nil:
				answer(w, http.StatusOK, f.wrong(m))
			default:
				f.answer(w, r)
			}
		}
	}))
	if f.accept != nil {
		s.server.Listener = &cutting{Listener: s.server.Listener, cut: func(c *net.TCPConn) bool {
			// The look-up of a purchase comes next, and is not cut.
			if s.faulty.Add(-1) < 0 || m.creates && s.sent.Load() > 0 {
				return false
			}
			s.sent.Add(1)
			f.accept(c)
			return true
		}}
	}
	s.server.Start()
	s.transport = &http.Transport{MaxResponseHeaderBytes: 64 << 10, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		s.open.Add(1)
		return &counted{Conn: c, open: &s.open}, nil
	}}
	s.client = clientOf(t, s.server.URL, client.WithHTTPClient(&http.Client{Transport: s.transport}))
	return s
}

// posts is how many requests of the operation have come.
func (s *faulty) posts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.keys)
}

func (s *faulty) sameKey() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range s.keys {
		if key == "" || key != s.keys[0] {
			return false
		}
	}
	return true
}

// close ends the server, and fails the test if the client keeps a connection that is not idle.
func (s *faulty) close(t *testing.T) {
	t.Helper()
	s.transport.CloseIdleConnections()
	for wait := time.Millisecond; s.open.Load() > 0; wait *= 2 {
		if wait > 10*time.Second {
			t.Errorf("%d connections are still open; want 0", s.open.Load())
			break
		}
		<-time.After(wait) // the transport closes them in its own time
		s.transport.CloseIdleConnections()
	}
	s.server.Close()
}

// counted counts down when it is closed.
type counted struct {
	net.Conn
	open *atomic.Int64
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// cutting is a listener that may end a connection before anything is read.
type cutting struct {
	net.Listener
	cut func(*net.TCPConn) bool
}

func (l *cutting) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || !l.cut(c.(*net.TCPConn)) {
			return c, err
		}
	}
}

var elsewhereHits atomic.Int64

func elsewhere(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhereHits.Add(1) }))
		defer other.Close()
		http.Redirect(w, r, other.URL+"/api/phone_numbers", status)
		_ = http.NewResponseController(w).Flush()
	}
}

// about is a good answer about another number.
func about(m method) string {
	if strings.HasPrefix(m.good, "[") || strings.Contains(m.good, `"data"`) {
		return "{}" // which is about none
	}
	return like(`{"id":"another","number":"+14155550199","agentId":"another"}`)
}

func encodedAs(encoding string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", encoding)
		w.WriteHeader(status)
		_, _ = w.Write([]byte("what nobody can read"))
	}
}

func page(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<!doctype html><title>Welcome to the proxy</title>"))
	}
}

func plainly(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func later(retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte("slow down"))
	}
}

// inAnotherAge asks for a wait of a second, by a clock that is decades off.
func inAnotherAge(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Date", "Mon, 01 Jan 1990 00:00:00 GMT")
	later("Mon, 01 Jan 1990 00:00:01 GMT")(w, nil)
}

func inASecond(w http.ResponseWriter, r *http.Request) {
	later(time.Now().Add(time.Second).UTC().Format(http.TimeFormat))(w, r)
}

// endless writes until the client has had enough.
func endless(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		chunk := []byte(strings.Repeat("[", 1<<16))
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func half(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte(owned))
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func silence(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func headersOnly(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func drip(w http.ResponseWriter, r *http.Request) {
	for i := 0; ; i++ {
		_, _ = w.Write([]byte{owned[i%len(owned)]})
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// switching says that the connection is for something else now, and leaves it open until the client closes it.
func switching(w http.ResponseWriter, r *http.Request) {
	onWire(func(c *net.TCPConn) {
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
		_, _ = io.Copy(io.Discard, c)
	})(w, r)
}

func babble(w http.ResponseWriter, r *http.Request) {
	onWire(func(c *net.TCPConn) { _, _ = io.WriteString(c, "220 smtp.example.com ESMTP\r\n") })(w, r)
}

// onWire takes the connection from net/http, and closes it after write.
func onWire(write func(c *net.TCPConn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // what is not read makes a close a reset
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			write(c.(*net.TCPConn))
			_ = c.Close()
		}
	}
}

// bytesOf sends an answer as it stands here, behind its HTTP version.
func bytesOf(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the end of the connection resets it
		onWire(func(c *net.TCPConn) { _, _ = io.WriteString(c, "HTTP/1.1 "+answer) })(w, r)
	}
}

func reset(w http.ResponseWriter, r *http.Request) {
	onWire(func(c *net.TCPConn) { _ = c.SetLinger(0) })(w, r)
}

func halfClosed(w http.ResponseWriter, r *http.Request) {
	onWire(func(c *net.TCPConn) {
		_ = c.CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	})(w, r)
}

// ending is what a server does with the first purchase: its connection ends. After that it serves well.
type ending struct {
	how   string // close, reset, or half: the other direction is read to the end; empty if it does not end
	kept  bool   // the connection has served a request before
	early string // is sent before anything of the purchase is read
	read  int    // how many bytes of it are read
	wrote int    // how many bytes of the answer are written
}

// buy buys a number while the server, which owns no number, counts purchases of so many bytes. It returns the bytes of the last one.
func (e ending) buy(t *testing.T, whole int) (purchases, size int64, err error) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var bought, last atomic.Int64
	end := func(c *net.TCPConn) {
		_, _ = io.WriteString(c, e.early)
		n, _ := io.CopyN(io.Discard, c, int64(e.read))
		if n == int64(whole) {
			bought.Add(1)
		}
		_, _ = io.WriteString(c, httpOK(owned)[:e.wrote])
		switch e.how {
		case "reset":
			_ = c.SetLinger(0)
		case "half":
			_ = c.CloseWrite()
			if rest, _ := io.Copy(io.Discard, c); rest > 0 && n+rest == int64(whole) {
				bought.Add(1)
			}
		}
	}
	serve := func(c *net.TCPConn, ends bool) {
		defer func() { _ = c.Close() }()
		var text bytes.Buffer
		requests := bufio.NewReader(io.TeeReader(c, &text))
		for served := false; ; served = true {
			if ends && served == e.kept {
				end(c)
				return
			}
			text.Reset()
			r, err := http.ReadRequest(requests)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
			body := pageOf("")
			if r.Method == http.MethodPost {
				body = owned
				bought.Add(1)
				last.Store(int64(text.Len()))
			}
			_, _ = io.WriteString(c, httpOK(body))
		}
	}
	var all sync.WaitGroup
	all.Go(func() {
		for ends := e.how != ""; ; ends = false {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { serve(c.(*net.TCPConn), ends) })
		}
	})
	transport := &http.Transport{}
	c := clientOf(t, "http://"+listener.Addr().String(), client.WithHTTPClient(&http.Client{Transport: transport}))
	if e.kept {
		if _, err := c.List(t.Context(), api.ListPhoneNumbersParams{}); err != nil {
			t.Error(err)
		}
	}
	_, err = c.Buy(t.Context(), number)
	transport.CloseIdleConnections()
	_ = listener.Close()
	all.Wait()
	return bought.Load(), last.Load(), err
}

func httpOK(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// Wherever a connection ends, the number is bought once at most, and what the client says is true.
func TestAPurchaseIsAsTheClientSaysWhereverItsConnectionEnds(t *testing.T) {
	log.SetOutput(io.Discard) // net/http logs what comes over a connection that is idle
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	purchases, size, err := ending{}.buy(t, 0)
	if err != nil {
		t.Fatalf("without an end: %v", err)
	}
	if purchases != 1 {
		t.Fatalf("without an end: %d purchases; want 1", purchases)
	}
	if size < 200 {
		t.Fatalf("without an end: a purchase of %d bytes; want 200 or more", size)
	}
	whole := int(size)
	var ends []ending
	for _, how := range []string{"close", "reset", "half"} {
		for _, kept := range []bool{false, true} {
			for read := 0; read < whole-1; read += 53 {
				ends = append(ends, ending{how: how, kept: kept, read: read})
			}
			ends = append(ends, ending{how: how, kept: kept, read: whole - 1})
			for wrote := 0; wrote < len(httpOK(owned)); wrote += 29 {
				ends = append(ends, ending{how: how, kept: kept, read: whole, wrote: wrote})
			}
			ends = append(ends, ending{how: how, kept: kept, read: whole, wrote: len(httpOK(owned))})
			for _, status := range []string{"408 Request Timeout", "503 Service Unavailable", "200 OK"} {
				for _, read := range []int{0, 100, whole} {
					ends = append(ends, ending{how: how, kept: kept, read: read, early: "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"})
				}
			}
		}
	}
	outcomes := map[string]int{}
	possible := map[string][]int64{"bought": {1}, "not bought": {0}, "unknown": {0, 1}} // how often the number was bought
	for _, e := range ends {
		purchases, _, err := e.buy(t, whole)
		outcome := "bought"
		switch {
		case errors.Is(err, client.ErrOutcomeUnknown):
			outcome = "unknown"
		case err != nil:
			outcome = "not bought"
		}
		outcomes[outcome]++
		if !slices.Contains(possible[outcome], purchases) {
			t.Errorf("%+v: %d purchases and the error %v; want one of %v", e, purchases, err, possible[outcome])
		}
		if e.wrote == len(httpOK(owned)) && e.how == "close" && err != nil {
			t.Errorf("%+v: error is %v; want none", e, err)
		}
	}
	t.Logf("%d endings of a purchase of %d bytes: %v", len(ends), whole, outcomes)
}
