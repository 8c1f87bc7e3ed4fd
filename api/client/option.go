package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/vogent-community/phonenumbers/api"
)

// Option sets up a [Client]. A [CallOption] is one too: given to [New], it stands for every call.
type Option interface {
	configure(*config) error
}

type clientOption func(*config) error

func (o clientOption) configure(cfg *config) error { return o(cfg) }

// WithAPIKey sets the API key. Without it the key is that of VOGENT_API_KEY.
func WithAPIKey(key string) Option {
	return clientOption(func(cfg *config) error {
		cfg.apiKey = &key
		return nil
	})
}

// WithBaseURL sets where the API is: an http or https URL that the paths of the operations are added to, without query and
// fragment. It includes /api, as in https://api.vogent.ai/api or http://127.0.0.1:8080/api. Without it, it is that of
// VOGENT_BASE_URL, else [DefaultBaseURL].
func WithBaseURL(url string) Option {
	return clientOption(func(cfg *config) error {
		cfg.baseURL = &url
		return nil
	})
}

// WithHTTPClient sets the HTTP client to send with. A copy of it is used, which follows no redirect. Its own Timeout, if any,
// bounds each attempt as well.
//
// What spends money must not be sent twice, so the client guards the Transport: it gets the request of a Create, Buy, BuyAny or
// Purchase once an attempt. With an *http.Transport, or none, any middleware may stand before it. Any other Transport is handed
// the body of such a request only after it has reported a connection to [net/http/httptrace], as one that wraps an *http.Transport
// does by itself if it keeps the context of the request, and gets no second connection after it. One that reads the body before,
// to log it, say, or to send it again, gets an error instead, and so does the caller; nothing is bought. Give WithHTTPClient the
// *http.Transport then, and [WithMiddleware] what wraps it. This goes for a stand-in in a test too: one that reads the body is
// best a middleware, or an [net/http/httptest.Server]. What the client cannot stop is a Transport that an *http.Transport uses
// for a scheme by its method RegisterProtocol.
func WithHTTPClient(c *http.Client) Option {
	return clientOption(func(cfg *config) error {
		if c == nil {
			return errors.New("the HTTP client of WithHTTPClient is nil")
		}
		cfg.httpClient = c
		return nil
	})
}

// WithUserAgent sets the User-Agent header (RFC 9110, section 10.1.5), which is phonenumbers-go and its version otherwise.
func WithUserAgent(agent string) Option {
	return clientOption(func(cfg *config) error {
		if !printable(agent) {
			return errors.New("the user agent of WithUserAgent has a line break or another control character")
		}
		cfg.agent = agent
		return nil
	})
}

// WithLogger logs each try at level debug, and each wait for the next try at level warn. A line has the operation, the status and,
// of a failure, what the server says of it; never the key, a password or a header.
func WithLogger(log *slog.Logger) Option {
	return clientOption(func(cfg *config) error {
		if log == nil {
			return errors.New("the logger of WithLogger is nil")
		}
		cfg.log = log
		return nil
	})
}

// WithMiddleware wraps what sends each attempt, for tracing, metrics or signing, say. The first middleware is the outermost.
// [AttemptOf] tells it what a request is for. It sends the request through the http.RoundTripper that it is given, with a context
// that it derives from that of the request. A request of its own, for a token, say, needs another context. It may read and copy the
// request; but it cannot send twice what creates something: the second request gets an error, and the call ends as after a broken
// connection. A middleware that retries by itself is best left out. If it fails without sending a purchase, the outcome is unknown
// all the same, as it could have sent it by another way.
func WithMiddleware(wrap func(http.RoundTripper) http.RoundTripper) Option {
	return clientOption(func(cfg *config) error {
		if wrap == nil {
			return errors.New("the function of WithMiddleware is nil")
		}
		cfg.middleware = append(cfg.middleware, wrap)
		return nil
	})
}

// CallOption changes one call, or every call where it is given to [New].
type CallOption func(*settings) error

// settings are what the options of a call add up to.
type settings struct {
	timeout   time.Duration
	retries   int
	header    http.Header
	key       string   // the Idempotency-Key
	passwords []string // that are sent, and that no error is to hold
	into      *Response
}

// use is a CallOption: these settings and no other.
func (s settings) use(to *settings) error {
	*to = s
	return nil
}

func (o CallOption) configure(cfg *config) error {
	if err := o(&cfg.call); err != nil {
		return err
	}
	if cfg.call.key != "" || cfg.call.into != nil {
		return errors.New("WithIdempotencyKey and WithResponse are for single calls")
	}
	return nil
}

// WithTimeout bounds each try, reading the answer included; 30 seconds otherwise. The call as a whole, with its waits and
// further tries, is bounded by its context.
func WithTimeout(d time.Duration) CallOption {
	return func(s *settings) error {
		if d <= 0 {
			return fmt.Errorf("the time-out %s of WithTimeout is not above zero", d)
		}
		s.timeout = d
		return nil
	}
}

// WithRetries sets how many times a call is sent again at most, 3 otherwise; 0 sends it once.
func WithRetries(n int) CallOption {
	return func(s *settings) error {
		if n < 0 {
			return fmt.Errorf("the number %d of WithRetries is below zero", n)
		}
		s.retries = n
		return nil
	}
}

// WithIdempotencyKey sets the Idempotency-Key of a Create, Buy or Purchase, which is a new one otherwise.
// [api.ParseIdempotencyKey] says what a key may be. A server that honors keys does the same request
// under the same key once, also when it comes from another process.
func WithIdempotencyKey(key string) CallOption {
	return func(s *settings) error {
		if _, err := api.ParseIdempotencyKey(key); err != nil {
			return fmt.Errorf("the key of WithIdempotencyKey %w", err)
		}
		s.key = key
		return nil
	}
}

// WithHeader sets a request header. The key and the Idempotency-Key have options of their own.
func WithHeader(name, value string) CallOption {
	return func(s *settings) error {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) }):
			return fmt.Errorf("%q of WithHeader is no name of a header", name)
		case slices.Contains([]string{"Authorization", "Idempotency-Key", "X-Idempotency-Key"}, canonical):
			return fmt.Errorf("WithHeader does not set %s; WithAPIKey and WithIdempotencyKey do", canonical)
		case slices.Contains([]string{"Host", "Content-Length", "Content-Type"}, canonical):
			return fmt.Errorf("WithHeader does not set %s; it follows from the request", canonical)
		case !printable(value):
			return fmt.Errorf("the value of the header %s has a line break or another control character", canonical)
		}
		if s.header == nil {
			s.header = http.Header{}
		}
		s.header.Set(canonical, value)
		return nil
	}
}

// Response is the answer behind a result: its headers, with the rate limit and the request id in them, and the whole body,
// with members that this version of the client does not know.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       []byte
}

// WithResponse keeps the last answer of the call in into, also where the call fails. Without any answer into is zero.
func WithResponse(into *Response) CallOption {
	return func(s *settings) error {
		if into == nil {
			return errors.New("the Response of WithResponse is nil")
		}
		*into = Response{}
		s.into = into
		return nil
	}
}

// settingsOf returns the settings of a call of op.
func (c *Client) settingsOf(op operation, opts []CallOption) (settings, error) {
	s := c.settings
	for _, option := range opts {
		if err := option(&s); err != nil {
			return settings{}, err
		}
	}
	if s.key != "" && !op.takesKey {
		return settings{}, errors.New(op.id + " takes no Idempotency-Key; call it without WithIdempotencyKey")
	}
	return s, nil
}

// printable reports whether s has no control character.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
