package client_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// ending is how a server ends the connection of the first purchase. After that, the server behaves well.
type ending struct {
	how   string // close, reset, or half, after which the server reads on to the end; empty if the connection does not end
	kept  bool   // the connection has served a request before
	early string // what the server sends before it reads anything of the purchase
	read  int    // how many bytes of the purchase it reads
	wrote int    // how many bytes of the response it writes
}

// buy buys a number from a server that owns no number. The server counts a purchase when it has read all of it, which is whole
// bytes. buy returns the number of purchases, and the size of the last one.
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

// Wherever a connection ends, the number is bought at most once, and what the client says is true.
func TestAPurchaseIsAsTheClientSaysWhereverItsConnectionEnds(t *testing.T) {
	log.SetOutput(io.Discard) // net/http logs what it reads from an idle connection
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
	possible := map[string][]int64{"bought": {1}, "not bought": {0}, "unknown": {0, 1}} // how many times the number can have been bought
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
