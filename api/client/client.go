package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vogent-community/phonenumbers/api/client/raw"
)

// DefaultBaseURL is the root of the hosted API.
const DefaultBaseURL = "https://api.vogent.ai/api"

// Client calls the phone-number API. Make one with [New] and share it: its methods are safe for concurrent use.
type Client struct {
	base     *url.URL // without a trailing slash
	http     *http.Client
	guard    *guard // wraps the transport of http
	raw      *raw.ClientWithResponses
	apiKey   func() string      // a function, so that formatting a Client never shows the key
	headers  func() http.Header // of every request; a function for the same reason
	log      *slog.Logger
	settings settings      // for a call without options
	keyTTL   *atomic.Int64 // how many nanoseconds the server keeps an Idempotency-Key; 0 if it has not shown that it does
	keyless  *atomic.Bool  // whether a response has shown that some server does not honor keys

	newKey func() string                          // a new Idempotency-Key
	jitter func(most time.Duration) time.Duration // a random duration up to most
}

// config collects the effects of the options of New.
type config struct {
	apiKey     *string
	baseURL    *string
	httpClient *http.Client
	agent      string
	log        *slog.Logger
	middleware []func(http.RoundTripper) http.RoundTripper
	call       settings
}

// New makes a client. Without options, it takes the API key from VOGENT_API_KEY, and the base URL from VOGENT_BASE_URL or
// else [DefaultBaseURL]. It returns an error if there is no key or an option is not valid. It sends nothing.
func New(opts ...Option) (*Client, error) {
	cfg := config{
		httpClient: &http.Client{},
		agent:      userAgent(),
		log:        slog.New(slog.DiscardHandler),
		call:       settings{timeout: 30 * time.Second, retries: 3},
	}
	for _, option := range opts {
		if err := option.configure(&cfg); err != nil {
			return nil, fmt.Errorf("client: %w", err)
		}
	}
	key, err := apiKey(cfg.apiKey)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	base, err := baseURL(cfg.baseURL)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	sender, guard, err := httpClient(cfg.httpClient, cfg.middleware)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	headers := http.Header{"Authorization": {"Bearer " + key}, "User-Agent": {cfg.agent}}
	maps.Copy(headers, cfg.call.header)
	cfg.call.header = nil
	c := &Client{
		base:     base,
		http:     sender,
		guard:    guard,
		apiKey:   func() string { return key },
		headers:  func() http.Header { return headers },
		log:      cfg.log,
		settings: cfg.call,
		keyTTL:   new(atomic.Int64),
		keyless:  new(atomic.Bool),
		newKey:   rand.Text,
		jitter:   func(most time.Duration) time.Duration { return mathrand.N(most + 1) },
	}
	c.raw, err = raw.NewClientWithResponses(base.String(), raw.WithHTTPClient(c.http), raw.WithRequestEditorFn(
		func(ctx context.Context, r *http.Request) error {
			maps.Copy(r.Header, c.headers())
			if r.Method == http.MethodPost {
				*r = *r.WithContext(&attempt{Context: ctx, once: true})
			}
			return nil
		}))
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	return c, nil
}

// Raw returns the generated client with the base URL, key, user agent, connections and middleware of c. Its calls check
// nothing, and have no time-out except that of the context. They never send a POST twice.
func (c *Client) Raw() *raw.ClientWithResponses { return c.raw }

// apiKey returns the key to use. given is the key from WithAPIKey, if any.
func apiKey(given *string) (string, error) {
	key, from := os.Getenv("VOGENT_API_KEY"), "VOGENT_API_KEY"
	if given != nil {
		key, from = *given, "the API key passed to WithAPIKey"
	}
	switch {
	case key == "" && given == nil:
		return "", errors.New("no API key: set VOGENT_API_KEY, or pass WithAPIKey")
	case key == "":
		return "", errors.New("the API key passed to WithAPIKey is empty")
	case !visible(key):
		return "", fmt.Errorf("%s contains a space, a line break or another invalid character", from)
	}
	return key, nil
}

// baseURL returns the base URL to use. given is the URL from WithBaseURL, if any.
func baseURL(given *string) (*url.URL, error) {
	text, from := os.Getenv("VOGENT_BASE_URL"), "VOGENT_BASE_URL"
	if given != nil {
		text, from = *given, "the base URL"
	} else if text == "" {
		text = DefaultBaseURL
	}
	wrong := func(why string) (*url.URL, error) {
		return nil, fmt.Errorf("%s %s; use a URL such as %s", from, why, DefaultBaseURL)
	}
	u, err := url.Parse(text)
	port := 1
	if err == nil && u.Port() != "" {
		port, err = strconv.Atoi(u.Port())
	}
	switch {
	case text == "":
		return wrong("is empty")
	case err != nil:
		return wrong("is not a URL") // the error would quote a password in it
	case u.Scheme != "http" && u.Scheme != "https":
		return wrong("does not start with https:// or http://")
	case u.Hostname() == "":
		return wrong("has no host")
	case u.User != nil:
		return wrong("has a user name; pass the API key to WithAPIKey, or set VOGENT_API_KEY")
	case u.RawQuery != "" || u.ForceQuery:
		return wrong("has a query")
	case strings.Contains(text, "#"):
		return wrong("has a fragment")
	case port < 1 || port > 65535:
		return wrong("has a port outside 1 to 65535")
	}
	for _, op := range operations {
		if strings.HasSuffix(strings.TrimRight(u.Path, "/"), op.route) {
			return wrong("ends in " + op.route + ", which the client adds itself")
		}
	}
	return url.Parse(strings.TrimRight(text, "/"))
}

// visible reports whether s contains only visible ASCII characters.
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// userAgent returns phonenumbers-go and the version of this module in the program.
func userAgent() string {
	const module, name = "github.com/vogent-community/phonenumbers", "phonenumbers-go"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return name
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == module && strings.HasPrefix(m.Version, "v") {
			return name + "/" + m.Version[1:]
		}
	}
	return name
}

// sharedTransport is http.DefaultTransport with more idle connections per host, because a client calls only one host.
// All clients of a program share it, so a new client needs no new connection.
var sharedTransport = sync.OnceValue(func() http.RoundTripper {
	usual, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	t := usual.Clone()
	t.MaxIdleConnsPerHost = t.MaxIdleConns
	return t
})

// httpClient returns a copy of given that follows no redirects, because a redirect could send the key to another host.
// A guard wraps its transport, and the middleware wraps the guard, the first outermost.
func httpClient(given *http.Client, middleware []func(http.RoundTripper) http.RoundTripper) (*http.Client, *guard, error) {
	c := *given
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.Transport == nil {
		c.Transport = sharedTransport()
	}
	_, known := c.Transport.(*http.Transport)
	g := &guard{next: c.Transport, opaque: !known}
	c.Transport = g
	for i := len(middleware) - 1; i >= 0; i-- {
		if c.Transport = middleware[i](c.Transport); c.Transport == nil {
			return nil, nil, errors.New("a function passed to WithMiddleware returned nil")
		}
	}
	return &c, g, nil
}
