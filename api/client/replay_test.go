package client_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
)

// replayers are servers that make net/http resend a POST with an Idempotency-Key by itself. One breaks a kept-alive connection
// after it has read the request, and one resets the HTTP/2 stream. posts returns how many of these requests the server got.
var replayers = map[string]func(t *testing.T) (url string, transport *http.Transport, posts func() int){
	"a kept-alive connection breaks": func(t *testing.T) (string, *http.Transport, func() int) {
		t.Helper()
		srv := apitest.NewServer(t, apitest.WithSeed(control.Seed{Keys: []control.SeedKey{{Key: testKey}}}))
		srv.Fail(control.Fault{Cut: control.CutBefore, Skip: 1, Times: 1})
		return strings.TrimSuffix(srv.URL, "/api"), &http.Transport{}, func() (posts int) {
			for _, r := range srv.Requests() {
				if r.Method == http.MethodPost {
					posts++
				}
			}
			return posts
		}
	},
	"an HTTP/2 stream is reset": func(t *testing.T) (string, *http.Transport, func() int) {
		t.Helper()
		var posts atomic.Int64
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for range 10 { // the transport does not stop by itself
				c, err := listener.Accept()
				if err != nil {
					return
				}
				go resetStreams(c, &posts)
			}
			_ = listener.Close()
		}()
		transport := &http.Transport{Protocols: new(http.Protocols)}
		transport.Protocols.SetUnencryptedHTTP2(true)
		return "http://" + listener.Addr().String(), transport, func() int { return int(posts.Load()) }
	},
}

// resetStreams reads each request, then resets its stream. For a POST, it uses the error that makes net/http send it again.
func resetStreams(c net.Conn, posts *atomic.Int64) {
	defer func() { _ = c.Close() }()
	if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(c, c)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	err := framer.WriteSettings()
	for err == nil {
		var frame http2.Frame
		if frame, err = framer.ReadFrame(); err != nil {
			return
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				err = framer.WriteSettingsAck()
			}
		case *http2.MetaHeadersFrame:
			switch {
			case f.PseudoValue("method") == http.MethodGet:
				err = framer.WriteRSTStream(f.StreamID, http2.ErrCodeInternal)
			case f.StreamEnded(): // a POST without a body
				posts.Add(1)
				err = framer.WriteRSTStream(f.StreamID, http2.ErrCodeProtocol)
			}
		case *http2.DataFrame:
			if f.StreamEnded() {
				posts.Add(1)
				err = framer.WriteRSTStream(f.StreamID, http2.ErrCodeProtocol)
			}
		}
	}
}

// The hosted API does not document that it honors keys, so a purchase that net/http sends again may be made twice.
func TestNetHTTPDoesNotRepeatAPurchase(t *testing.T) {
	ways := map[string]func(c *client.Client) error{
		"Buy": func(c *client.Client) error {
			_, err := c.Buy(t.Context(), number)
			if errors.Is(err, client.ErrOutcomeUnknown) {
				return err
			}
			return nil
		},
		"Do without a body": func(c *client.Client) error {
			return c.Do(t.Context(), http.MethodPost, "/calls", nil, nil)
		},
		"Raw": func(c *client.Client) error {
			_, err := c.Raw().CreatePhoneNumberWithResponse(t.Context(), &api.CreatePhoneNumberParams{IdempotencyKey: new("k")}, api.Purchase(number))
			return err
		},
	}
	for name, start := range replayers {
		for way, buy := range ways {
			t.Run(name+", "+way, func(t *testing.T) {
				url, transport, posts := start(t)
				t.Cleanup(transport.CloseIdleConnections)
				c := clientOf(t, url, client.WithHTTPClient(&http.Client{Transport: transport}), client.WithRetries(0))
				_, _ = c.List(t.Context(), api.ListPhoneNumbersParams{}) // opens the connection
				if err := buy(c); err == nil {
					t.Error("error is nil; want one")
				}
				if got := posts(); got != 1 {
					t.Errorf("sent %d times; want once", got)
				}
			})
		}
		t.Run(name+", the control", func(t *testing.T) {
			url, transport, posts := start(t)
			t.Cleanup(transport.CloseIdleConnections)
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				r, err := http.NewRequestWithContext(t.Context(), method, url+"/api/phone_numbers", strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Idempotency-Key", "k")
				if response, err := (&http.Client{Transport: transport}).Do(r); err == nil {
					_, _ = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
				}
			}
			if got := posts(); got < 2 {
				t.Errorf("without the client's guard: sent %d times; want 2 or more, or the test proves nothing", got)
			}
		})
	}
}
