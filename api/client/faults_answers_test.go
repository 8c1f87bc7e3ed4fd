package client_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"
)

var elsewhereHits atomic.Int64

func elsewhere(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhereHits.Add(1) }))
		defer other.Close()
		http.Redirect(w, r, other.URL+"/api/phone_numbers", status)
		_ = http.NewResponseController(w).Flush()
	}
}

// about returns a good response about another number.
func about(m method) string {
	if strings.HasPrefix(m.good, "[") || strings.Contains(m.good, `"data"`) {
		return "{}" // which is about no number
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

// endless writes until the client closes the connection.
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

// switching says that it switches protocols, and leaves the connection open until the client closes it.
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
		_, _ = io.Copy(io.Discard, r.Body) // if anything is left unread, closing resets the connection
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			write(c.(*net.TCPConn))
			_ = c.Close()
		}
	}
}

// bytesOf sends the HTTP version, and then exactly these bytes.
func bytesOf(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // otherwise closing resets the connection
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
