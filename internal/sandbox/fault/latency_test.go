package fault_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/api/control"
)

// pipes is a listener whose connections are pipes. So time in a synctest bubble can pass while a client waits for a response.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

// startInBubble returns a sandbox that has the fault, and a connection to it on which a purchase was sent. The server has the
// time-outs of the real one. It needs a synctest bubble.
func startInBubble(t *testing.T, f control.Fault) (*sandbox, net.Conn) {
	t.Helper()
	s := newSandbox([]control.Fault{f})
	listener := pipes{make(chan net.Conn), make(chan struct{})}
	srv := &http.Server{Handler: s.handler, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second}
	go func() { _ = srv.Serve(listener) }()
	conn, served := net.Pipe()
	t.Cleanup(func() {
		_ = srv.Close()
		_ = conn.Close()
	})
	listener.conns <- served
	if _, err := io.WriteString(conn, purchase); err != nil {
		t.Fatal(err)
	}
	return s, conn
}

// The server would not write anything 30 seconds after the request, if Apply did not give it more time.
func TestALatencyComesBeforeTheRealResponse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, conn := startInBubble(t, control.Fault{Name: "half", LatencyMs: 600_000})
		start := time.Now()
		time.Sleep(599 * time.Second)
		synctest.Wait()
		if got := s.done.Load(); got != 0 {
			t.Errorf("the work was carried out %d times after 599 seconds; want 0", got)
		}
		r := read(t, bufio.NewReader(conn))
		if got, want := time.Since(start), 600*time.Second; got != want {
			t.Errorf("the response came after %v; want %v", got, want)
		}
		if got := r.header.Get("Phonenumbers-Fault"); got != "half" {
			t.Errorf("Phonenumbers-Fault is %q; want half", got)
		}
		if r.body != purchased {
			t.Errorf("the body is %q; want %q", r.body, purchased)
		}
		s.wantWork(t, 1, 200)
	})
}

func TestALatencyComesBeforeACut(t *testing.T) {
	t.Parallel()
	for _, cut := range []control.Cut{control.CutBefore, control.CutAfter} {
		synctest.Test(t, func(t *testing.T) {
			_, conn := startInBubble(t, control.Fault{LatencyMs: 1500, Cut: cut})
			wantCutAfter(t, conn, 1500*time.Millisecond)
		})
	}
}

// wantCutAfter checks that the connection is closed after d, without a byte of a response.
func wantCutAfter(t *testing.T, conn net.Conn, d time.Duration) {
	t.Helper()
	start := time.Now()
	received, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if len(received) > 0 {
		t.Errorf("received %q; want nothing", received)
	}
	if got := time.Since(start); got != d {
		t.Errorf("the connection was closed after %v; want %v", got, d)
	}
}

func TestTheEndOfTheSandboxEndsALatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, conn := startInBubble(t, control.Fault{LatencyMs: 600_000})
		time.AfterFunc(time.Second, func() { close(s.stop) })
		wantCutAfter(t, conn, time.Second)
		s.wantWork(t, 0, 0)
	})
}

func TestAClientThatHangsUpEndsALatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, conn := startInBubble(t, control.Fault{LatencyMs: 600_000})
		start := time.Now()
		time.Sleep(time.Second)
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		s.wantWork(t, 0, 0)
		if got := time.Since(start); got != time.Second {
			t.Errorf("the request ended after %v; want 1s", got)
		}
	})
}
