package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/vogent-community/phonenumbers/api/client"
)

func refuseTo(dialed *int) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		*dialed++
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
}

// frames is an HTTP/2 server that refuses the first purchases with turnAway, and accepts the later ones. It counts purchases.
func frames(t *testing.T, turnAway func(f *http2.Framer, stream uint32) error, times int64) (url string, purchases *atomic.Int64) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	purchases = new(atomic.Int64)
	serve := func(c net.Conn) {
		defer func() { _ = c.Close() }()
		if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		f := http2.NewFramer(c, c)
		err := f.WriteSettings()
		for err == nil {
			var frame http2.Frame
			if frame, err = f.ReadFrame(); err != nil {
				return
			}
			switch frame := frame.(type) {
			case *http2.SettingsFrame:
				if !frame.IsAck() {
					err = f.WriteSettingsAck()
				}
			case *http2.HeadersFrame:
				if frame.StreamEnded() { // a look-up
					err = respond(f, frame.StreamID, pageOf(""), true)
				}
			case *http2.DataFrame:
				switch {
				case !frame.StreamEnded():
				case purchases.Add(1) <= times:
					err = turnAway(f, frame.StreamID)
				default:
					err = respond(f, frame.StreamID, owned, true)
				}
			}
		}
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return "http://" + listener.Addr().String(), purchases
}

func respond(f *http2.Framer, stream uint32, body string, ends bool) error {
	var headers bytes.Buffer
	_ = hpack.NewEncoder(&headers).WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: headers.Bytes(), EndHeaders: true})
	return errors.Join(err, f.WriteData(stream, ends, []byte(body)))
}

// If HTTP/2 shows that a purchase was not processed, the client sends it again, and knows that it was not made. Otherwise the
// outcome is unknown.
func TestAPurchaseThatHTTP2ShowsNotToBeProcessedIsSentAgain(t *testing.T) {
	goAway := func(last uint32, code http2.ErrCode) func(*http2.Framer, uint32) error {
		return func(f *http2.Framer, _ uint32) error {
			return errors.Join(f.WriteGoAway(last, code, []byte("stream error: stream ID 1; REFUSED_STREAM")), io.EOF)
		}
	}
	reset := func(code http2.ErrCode) func(*http2.Framer, uint32) error {
		return func(f *http2.Framer, stream uint32) error { return f.WriteRSTStream(stream, code) }
	}
	afterAnAnswer := func(turnAway func(*http2.Framer, uint32) error) func(*http2.Framer, uint32) error {
		return func(f *http2.Framer, stream uint32) error {
			return errors.Join(respond(f, stream, owned, false), turnAway(f, stream))
		}
	}
	for name, test := range map[string]struct {
		turnAway func(*http2.Framer, uint32) error
		says     string // empty if the outcome is unknown
	}{
		"GOAWAY before the stream":                 {goAway(0, http2.ErrCodeNo), "GOAWAY"},
		"GOAWAY before the stream, with an error":  {goAway(0, http2.ErrCodeEnhanceYourCalm), "GOAWAY"},
		"REFUSED_STREAM":                           {reset(http2.ErrCodeRefusedStream), "REFUSED_STREAM"},
		"GOAWAY after the stream":                  {goAway(1, http2.ErrCodeNo), ""},
		"GOAWAY after the stream, with an error":   {goAway(1, http2.ErrCodeInternal), ""},
		"REFUSED_STREAM after a part of an answer": {afterAnAnswer(reset(http2.ErrCodeRefusedStream)), ""},
		"GOAWAY after a part of an answer":         {afterAnAnswer(goAway(0, http2.ErrCodeNo)), ""},
		"PROTOCOL_ERROR":                           {reset(http2.ErrCodeProtocol), ""},
		"CANCEL":                                   {reset(http2.ErrCodeCancel), ""},
		"INTERNAL_ERROR":                           {reset(http2.ErrCodeInternal), ""},
		"ENHANCE_YOUR_CALM":                        {reset(http2.ErrCodeEnhanceYourCalm), ""},
	} {
		for kind, wrap := range map[string]func(http.RoundTripper) http.RoundTripper{
			"*http.Transport": wrappers["nothing"].wrap, "another transport": wrappers["otelhttp"].wrap,
		} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				transport := func() http.RoundTripper { return wrap(protocols["HTTP/2"]()) }
				url, purchases := frames(t, test.turnAway, 1)
				_, err := clientOf(t, url, client.WithHTTPClient(&http.Client{Transport: transport()})).Buy(t.Context(), number)
				settled, outcome := test.says != "", client.ErrOutcomeUnknown
				if settled {
					outcome = nil
				}
				checkErrorIs(t, "Buy", err, outcome)
				if again := purchases.Load() == 2; again != settled {
					t.Errorf("sent %d times; sent twice is %t, want %t", purchases.Load(), again, settled)
				}
				url, purchases = frames(t, test.turnAway, 10)
				_, err = clientOf(t, url, client.WithHTTPClient(&http.Client{Transport: transport()}), client.WithRetries(0)).Buy(t.Context(), number)
				if settled {
					checkErrorSays(t, "without retries", err, test.says)
					checkErrorIs(t, "without retries", err, client.ErrUnavailable)
					checkErrorIsNot(t, "without retries", err, client.ErrOutcomeUnknown)
				} else {
					checkErrorIs(t, "without retries", err, client.ErrOutcomeUnknown)
				}
				if settled && err != nil && strings.Contains(err.Error(), "GetBody") {
					t.Errorf("without retries: error is %v; want one that does not say GetBody", err)
				}
				if got := purchases.Load(); got != 1 {
					t.Errorf("without retries: sent %d times; want once", got)
				}
			})
		}
	}
}
