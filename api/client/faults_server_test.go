package client_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api/client"
)

// faulty is a server that misbehaves a number of times for one operation, and otherwise behaves well.
type faulty struct {
	client    *client.Client
	transport *http.Transport
	server    *httptest.Server
	faulty    atomic.Int64 // how many times it will misbehave
	sent      atomic.Int64 // how many requests of the operation it got, or connections if those are cut
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
		_, _ = io.Copy(io.Discard, r.Body)                     // otherwise its context does not end with the connection
		misbehaves := !m.creates || r.Method != http.MethodGet // the look-up of a purchase gets a good response
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

// posts returns how many requests of the operation the server got.
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

// close closes the server, and fails the test if the client keeps a connection that is not idle.
func (s *faulty) close(t *testing.T) {
	t.Helper()
	s.transport.CloseIdleConnections()
	for wait := time.Millisecond; s.open.Load() > 0; wait *= 2 {
		if wait > 10*time.Second {
			t.Errorf("%d connections are still open; want 0", s.open.Load())
			break
		}
		<-time.After(wait) // the transport may take some time to close them
		s.transport.CloseIdleConnections()
	}
	s.server.Close()
}

// counted is a connection that decrements open when it is closed.
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
