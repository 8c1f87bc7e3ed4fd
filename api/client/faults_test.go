package client_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api/client"
)

// fault is a way for a server to misbehave, and the outcome that the test expects.
type fault struct {
	answer http.HandlerFunc      // sends this instead of the good response
	wrong  func(m method) string // or this body in a 200
	accept func(*net.TCPConn)    // or does this, before anything is read
	option client.CallOption     // for this row

	is     error  // the error of a call that can be repeated; nil if it is none of the package's errors
	status int    // the status in the error
	says   string // a part of the text of the error
	again  bool   // the call is sent again

	notCreated bool // even a call that creates knows that it created nothing
}

var stall = client.WithTimeout(2 * time.Second)

// faults has the expected outcome of each operation for each way that a server misbehaves.
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

	// These servers read the request, then send bytes that net/http does not send by itself.
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
			if time.Since(start) > 20*time.Second { // goroutines that end by themselves may need some time
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

// eachFault tries all faults that make a client wait in parallel. Meanwhile, it tries the others one at a time.
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

func (f fault) options() []client.CallOption {
	if f.option == nil {
		return nil
	}
	return []client.CallOption{f.option}
}

// try calls one operation on a server of its own that has the fault.
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
		is = client.ErrOutcomeUnknown // because the look-up found nothing
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
