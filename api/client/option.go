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

// Option sets up a [Client]. A [CallOption] is also an Option: passed to [New], it applies to every call.
type Option interface {
	configure(*config) error
}

type clientOption func(*config) error

func (o clientOption) configure(cfg *config) error { return o(cfg) }

// WithAPIKey sets the API key. The default is the value of VOGENT_API_KEY.
func WithAPIKey(key string) Option {
	return clientOption(func(cfg *config) error {
		cfg.apiKey = &key
		return nil
	})
}

// WithBaseURL sets the base URL: an http or https URL, without a query and a fragment, to which the client adds the paths
// of the operations. It includes /api, as in https://api.vogent.ai/api or http://127.0.0.1:8080/api. The default is the
// value of VOGENT_BASE_URL, or else [DefaultBaseURL].
func WithBaseURL(url string) Option {
	return clientOption(func(cfg *config) error {
		cfg.baseURL = &url
		return nil
	})
}

// WithHTTPClient sets the HTTP client. The client uses a copy of it that follows no redirects. If it has a Timeout,
// that limits each attempt too.
//
// A request that spends money must not be sent twice, so the client guards the Transport. The Transport gets the
// request of a Create, Buy, BuyAny or Purchase only once per attempt. If it is an *http.Transport, or nil, any
// middleware can come before it. Any other Transport gets the body of such a request only after it has reported a
// connection to [net/http/httptrace], and it cannot use a second connection after that. A Transport that wraps an
// *http.Transport and keeps the context of the request does this by itself. A Transport that reads the body earlier,
// for example to log it or to send it again, gets an error, and so does the caller; nothing is bought. In that case,
// pass the *http.Transport to WithHTTPClient, and its wrapper to [WithMiddleware].
//
// This also applies to stubs in tests. If a stub reads the body, make it a middleware or a server
// ([net/http/httptest.Server]). The client cannot guard a transport that was added to an *http.Transport with
// RegisterProtocol.
func WithHTTPClient(c *http.Client) Option {
	return clientOption(func(cfg *config) error {
		if c == nil {
			return errors.New("the HTTP client passed to WithHTTPClient is nil")
		}
		cfg.httpClient = c
		return nil
	})
}

// WithUserAgent sets the User-Agent header (RFC 9110, section 10.1.5). The default is phonenumbers-go and its version.
func WithUserAgent(agent string) Option {
	return clientOption(func(cfg *config) error {
		if !printable(agent) {
			return errors.New("the user agent passed to WithUserAgent has a line break or another control character")
		}
		cfg.agent = agent
		return nil
	})
}

// WithLogger logs each attempt at level debug, and each wait before a retry at level warn. A record contains the
// operation, the status and, after a failure, what the server says about it. It never contains the API key, a password
// or a header.
func WithLogger(log *slog.Logger) Option {
	return clientOption(func(cfg *config) error {
		if log == nil {
			return errors.New("the logger passed to WithLogger is nil")
		}
		cfg.log = log
		return nil
	})
}

// WithMiddleware adds a middleware around each attempt, for example for tracing, metrics or signing. The first
// middleware is the outermost. [AttemptOf] tells it what a request is for.
//
// A middleware sends the request through the http.RoundTripper that it is given, with a context derived from the
// context of the request. A request of its own, such as one for a token, needs a different context. The middleware can
// read and copy the request. But it cannot send a request that creates something twice: the second request gets an
// error, and the call ends as after a broken connection. So do not add a middleware that retries. If a middleware fails
// without sending a purchase, the outcome is still unknown, because it could have sent the purchase in another way.
func WithMiddleware(wrap func(http.RoundTripper) http.RoundTripper) Option {
	return clientOption(func(cfg *config) error {
		if wrap == nil {
			return errors.New("the function passed to WithMiddleware is nil")
		}
		cfg.middleware = append(cfg.middleware, wrap)
		return nil
	})
}

// CallOption changes one call, or every call if it is passed to [New].
type CallOption func(*settings) error

// settings collects the effects of the options of a call.
type settings struct {
	timeout   time.Duration
	retries   int
	header    http.Header
	key       string   // the Idempotency-Key
	passwords []string // in the request; no error may contain them
	into      *Response
}

// use is a CallOption that replaces all settings with s.
func (s settings) use(to *settings) error {
	*to = s
	return nil
}

func (o CallOption) configure(cfg *config) error {
	if err := o(&cfg.call); err != nil {
		return err
	}
	if cfg.call.key != "" || cfg.call.into != nil {
		return errors.New("WithIdempotencyKey and WithResponse are only for single calls")
	}
	return nil
}

// WithTimeout limits the time of each attempt, including the time to read the response. The default is 30 seconds. The
// context limits the whole call, including waits and retries.
func WithTimeout(d time.Duration) CallOption {
	return func(s *settings) error {
		if d <= 0 {
			return fmt.Errorf("the timeout %s passed to WithTimeout is not positive", d)
		}
		s.timeout = d
		return nil
	}
}

// WithRetries sets the maximum number of retries of a call. The default is 3. With 0, a call is sent only once.
func WithRetries(n int) CallOption {
	return func(s *settings) error {
		if n < 0 {
			return fmt.Errorf("the number %d passed to WithRetries is negative", n)
		}
		s.retries = n
		return nil
	}
}

// WithIdempotencyKey sets the Idempotency-Key of a Create, Buy or Purchase. The default is a new key for each call.
// [api.ParseIdempotencyKey] says what a key can be. A server that honors keys runs the same request with the same key
// only once, even if the requests come from different processes.
func WithIdempotencyKey(key string) CallOption {
	return func(s *settings) error {
		if _, err := api.ParseIdempotencyKey(key); err != nil {
			return fmt.Errorf("the key passed to WithIdempotencyKey %w", err)
		}
		s.key = key
		return nil
	}
}

// WithHeader sets a request header. The API key and the Idempotency-Key have their own options.
func WithHeader(name, value string) CallOption {
	return func(s *settings) error {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) }):
			return fmt.Errorf("%q is not a valid header name for WithHeader", name)
		case slices.Contains([]string{"Authorization", "Idempotency-Key", "X-Idempotency-Key"}, canonical):
			return fmt.Errorf("WithHeader cannot set %s; use WithAPIKey or WithIdempotencyKey", canonical)
		case slices.Contains([]string{"Host", "Content-Length", "Content-Type"}, canonical):
			return fmt.Errorf("WithHeader cannot set %s; the client sets it", canonical)
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

// Response is the HTTP response from which the result of a call was read. Its headers include the rate limit and the
// request id. Its body includes members that this version of the client does not know.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       []byte
}

// WithResponse stores the last response of the call in into, even if the call fails. If there is no response, it sets
// into to the zero Response.
func WithResponse(into *Response) CallOption {
	return func(s *settings) error {
		if into == nil {
			return errors.New("the Response passed to WithResponse is nil")
		}
		*into = Response{}
		s.into = into
		return nil
	}
}

// settingsOf returns the settings for a call of op.
func (c *Client) settingsOf(op operation, opts []CallOption) (settings, error) {
	s := c.settings
	for _, option := range opts {
		if err := option(&s); err != nil {
			return settings{}, err
		}
	}
	if s.key != "" && !op.takesKey {
		return settings{}, errors.New(op.id + " does not accept an Idempotency-Key; call it without WithIdempotencyKey")
	}
	return s, nil
}

// printable reports whether s has no control character.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
