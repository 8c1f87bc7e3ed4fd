package client_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// between is what can stand between a client and its connection.
type between struct {
	wrap    func(next http.RoundTripper) http.RoundTripper
	repeats bool // by itself it sends a POST again that is answered with a 503
	early   bool // it reads the request before it has a connection, or hides the connection, so it is no good as the transport
	never   bool // not as a middleware either
}

// wrappers are libraries and habits that are in use.
var wrappers = map[string]between{
	"nothing":  {wrap: func(next http.RoundTripper) http.RoundTripper { return next }},
	"otelhttp": {wrap: func(next http.RoundTripper) http.RoundTripper { return otelhttp.NewTransport(next) }},
	"go-retryablehttp": {repeats: true, early: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		c := retryablehttp.NewClient()
		c.HTTPClient.Transport, c.Logger, c.RetryWaitMin, c.RetryWaitMax = next, nil, time.Microsecond, time.Microsecond
		return &retryablehttp.RoundTripper{Client: c}
	}},
	"httputil.DumpRequestOut": {early: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if _, err := httputil.DumpRequestOut(r, true); err != nil {
				return nil, err
			}
			return next.RoundTrip(r)
		})
	}},
	"one that logs what it can read": {early: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			_, _ = httputil.DumpRequestOut(r, true)
			return next.RoundTrip(r)
		})
	}},
	"one that gives GetBody back": {repeats: true, early: true, wrap: twice(func(r *http.Request, body []byte) *http.Request {
		r = r.Clone(r.Context())
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		r.Body, _ = r.GetBody()
		return r
	})},
	"one that makes a new request": {repeats: true, early: true, wrap: twice(func(r *http.Request, body []byte) *http.Request {
		again, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		again.Header = r.Header
		return again
	})},
	"one that hedges": {repeats: true, early: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Body == nil {
				return next.RoundTrip(r)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			type result struct {
				response *http.Response
				err      error
			}
			results := make(chan result, 2)
			for range 2 {
				again := r.Clone(r.Context())
				again.Body = io.NopCloser(bytes.NewReader(body))
				go func() {
					response, err := next.RoundTrip(again)
					results <- result{response, err}
				}()
			}
			got, other := <-results, <-results
			if got.err != nil {
				got, other = other, got
			}
			if other.err == nil {
				_ = other.response.Body.Close()
			}
			return got.response, got.err
		})
	}},
	"one that copies the body while it sends it": {repeats: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			var sent bytes.Buffer
			first := r.Clone(r.Context())
			if r.Body != nil {
				first.Body = io.NopCloser(io.TeeReader(r.Body, &sent))
			}
			response, err := next.RoundTrip(first)
			if err == nil && response.StatusCode != http.StatusServiceUnavailable {
				return response, nil
			}
			if err == nil {
				_ = response.Body.Close()
			}
			again, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(sent.Bytes()))
			if err != nil {
				return nil, err
			}
			again.Header = r.Header
			return next.RoundTrip(again)
		})
	}},
	"one that drops the context": {repeats: true, early: true, never: true, wrap: twice(func(r *http.Request, body []byte) *http.Request {
		r = r.Clone(context.Background()) //nolint:contextcheck // its fault
		r.Body = io.NopCloser(bytes.NewReader(body))
		return r
	})},
	"one that drops the context when it sends again": {repeats: true, early: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			ctx := r.Context()
			return twice(func(r *http.Request, body []byte) *http.Request {
				r = r.Clone(ctx)
				r.Body = io.NopCloser(bytes.NewReader(body))
				ctx = context.Background() // its fault
				return r
			})(next).RoundTrip(r)
		})
	}},
	"one that drops the context and sends once": {early: true, never: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			return next.RoundTrip(r.WithContext(context.Background())) //nolint:contextcheck // its fault
		})
	}},
}

// twice sends what make makes of a request, and again after a failure or a 503.
func twice(make func(r *http.Request, body []byte) *http.Request) func(next http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			var body []byte
			if r.Body != nil {
				var err error
				if body, err = io.ReadAll(r.Body); err != nil {
					return nil, err
				}
			}
			response, err := next.RoundTrip(make(r, body))
			if err == nil && response.StatusCode != http.StatusServiceUnavailable {
				return response, nil
			}
			if err == nil {
				_ = response.Body.Close()
			}
			return next.RoundTrip(make(r, body))
		})
	}
}

// protocols are what net/http speaks.
var protocols = map[string]func() http.RoundTripper{
	"HTTP/1.1": func() http.RoundTripper { return &http.Transport{} },
	"HTTP/2": func() http.RoundTripper {
		t := &http.Transport{Protocols: new(http.Protocols)}
		t.Protocols.SetUnencryptedHTTP2(true)
		return t
	},
	overTLS: func() http.RoundTripper {
		return &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // the test's own server
	},
}

const overTLS = "HTTP/2 over TLS"

// behaviors are what servers do with a purchase, which they have carried out then.
var behaviors = map[string]http.HandlerFunc{
	"answers":         func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, owned) },
	"answers 503":     func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusServiceUnavailable, "") },
	"does not answer": hangUp,
	"hides the keys": func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusUnprocessableEntity, `{"code":"number_unavailable"}`)
	},
	"answers in halves": half,
}

// seller counts the purchases that it is sent.
func seller(t *testing.T, behave http.HandlerFunc, protocol string) (url string, posts *atomic.Int64) {
	t.Helper()
	posts = new(atomic.Int64)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return // without its body it is no purchase
		}
		if r.Method == http.MethodGet {
			answer(w, http.StatusOK, pageOf(""))
			return
		}
		posts.Add(1)
		behave(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if protocol == overTLS {
		server.EnableHTTP2 = true
		server.StartTLS()
	} else {
		server.Config.Protocols = new(http.Protocols)
		server.Config.Protocols.SetHTTP1(true)
		server.Config.Protocols.SetUnencryptedHTTP2(true)
		server.Start()
	}
	t.Cleanup(server.Close)
	return server.URL, posts
}

// purchases are the ways to buy, each with an error only if the number is perhaps or surely not bought.
var purchases = map[string]func(ctx context.Context, c *client.Client) error{
	"Buy": func(ctx context.Context, c *client.Client) error {
		_, err := c.Buy(ctx, number)
		return err
	},
	"Purchase": func(ctx context.Context, c *client.Client) error {
		_, err := c.Purchase(ctx, number)
		return err
	},
	"Do": func(ctx context.Context, c *client.Client) error {
		return c.Do(ctx, http.MethodPost, "/phone_numbers", api.Purchase(number), nil)
	},
	"Raw": func(ctx context.Context, c *client.Client) error {
		response, err := c.Raw().CreatePhoneNumberWithResponse(ctx, &api.CreatePhoneNumberParams{IdempotencyKey: new("k")}, api.Purchase(number))
		if err == nil && response.JSON200 == nil {
			err = errors.New(response.Status())
		}
		return err
	},
}

// A purchase that the server has carried out is not sent again, whatever stands between, and it is not sent at all through what
// cannot be watched.
func TestAPurchaseLeavesOnceWhateverStandsBetween(t *testing.T) {
	for wrapper, b := range wrappers {
		for protocol, transport := range protocols {
			for behavior, behave := range behaviors {
				for place, options := range map[string]func(base http.RoundTripper) []client.Option{
					"as a middleware": func(base http.RoundTripper) []client.Option {
						return []client.Option{client.WithHTTPClient(&http.Client{Transport: base}), client.WithMiddleware(b.wrap)}
					},
					"as the transport": func(base http.RoundTripper) []client.Option {
						return []client.Option{client.WithHTTPClient(&http.Client{Transport: b.wrap(base)})}
					},
				} {
					t.Run(strings.Join([]string{wrapper, place, protocol, "a server that " + behavior}, ", "), func(t *testing.T) {
						t.Parallel()
						refused := b.never || b.early && place == "as the transport"
						for way, buy := range purchases {
							url, posts := seller(t, behave, protocol)
							c := clientOf(t, url, options(transport())...)
							err := buy(t.Context(), c)
							want := int64(1)
							if refused {
								want = 0
								checkErrorIsNot(t, way, err, client.ErrOutcomeUnknown)
							}
							if got := posts.Load(); got != want {
								t.Errorf("%s: sent %d times; want %d", way, got, want)
							}
							if bought := !refused && behavior == "answers"; bought != (err == nil) {
								t.Errorf("%s: error is %v; want none: %t", way, err, bought)
							}
							switch {
							case err == nil || way == "Raw":
							case refused:
								checkErrorIs(t, way, err, client.ErrValidation)
								if says := err.Error(); !strings.Contains(says, "context") && !strings.Contains(says, "WithMiddleware") {
									t.Errorf("%s: error is %v; want one that says what to do", way, err)
								}
							case behavior != "hides the keys":
								checkErrorIs(t, way, err, client.ErrOutcomeUnknown)
							}
						}
					})
				}
			}
			t.Run(wrapper+", "+protocol+", the control", func(t *testing.T) {
				url, posts := seller(t, behaviors["answers 503"], protocol)
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				response, err := (&http.Client{Transport: b.wrap(transport())}).Do(r)
				if err == nil {
					_ = response.Body.Close()
				}
				if (posts.Load() > 1) != b.repeats {
					t.Errorf("without the guard it is sent %d times; want more than once: %t", posts.Load(), b.repeats)
				}
			})
		}
	}
}

// A search costs nothing, so a middleware may repeat it.
func TestWhatCostsNothingMayBeRepeatedByAMiddleware(t *testing.T) {
	url, posts := seller(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusServiceUnavailable, "") }, "")
	c := clientOf(t, url, client.WithMiddleware(wrappers["one that makes a new request"].wrap), client.WithRetries(0))
	_, err := c.Search(t.Context(), api.PhoneNumberSearchInput{Prefix: "415"})
	checkErrorIs(t, "Search", err, client.ErrUnavailable)
	if got := posts.Load(); got != 2 {
		t.Errorf("sent %d times; want 2", got)
	}
}

// What a middleware could not send either was not sent, so the client sends it again.
func TestAPurchaseThatAMiddlewareCouldNotSendIsNotUnknown(t *testing.T) {
	dialed := 0
	refuse := &http.Transport{DialContext: refuseTo(&dialed)}
	c := clientOf(t, "http://127.0.0.1:1", client.WithHTTPClient(&http.Client{Transport: refuse}), client.WithMiddleware(wrappers["go-retryablehttp"].wrap))
	_, err := c.Buy(t.Context(), number)
	checkErrorIs(t, "Buy", err, client.ErrUnavailable)
	checkErrorIsNot(t, "Buy", err, client.ErrOutcomeUnknown)
	if dialed != 2 {
		t.Errorf("dialed %d times; want 2", dialed)
	}
}

// The time-out is not to blame for what a middleware could not send.
func TestTheErrorOfAMiddlewareThatIsStoppedNamesTheCause(t *testing.T) {
	refuse := &http.Transport{DialContext: refuseTo(new(int))}
	c := clientOf(t, "http://127.0.0.1:1", client.WithHTTPClient(&http.Client{Transport: refuse}), client.WithMiddleware(wrappers["one that makes a new request"].wrap))
	_, err := c.Buy(t.Context(), number, client.WithRetries(0))
	checkErrorSays(t, "Buy", err, "not sent: a middleware or the transport tried")
}

// A transport that has not read the request, because it has no token, for example, has sent nothing.
func TestAPurchaseThatATransportDoesNotReadWasNotSent(t *testing.T) {
	asked := 0
	stub := roundTripper(func(*http.Request) (*http.Response, error) {
		asked++
		return nil, errors.New("no token")
	})
	c := clientOf(t, "http://127.0.0.1:1", client.WithHTTPClient(&http.Client{Transport: stub}))
	_, err := c.Buy(t.Context(), number)
	checkErrorIs(t, "Buy", err, client.ErrUnavailable)
	checkErrorSays(t, "Buy", err, "not sent: no token")
	if asked != 2 {
		t.Errorf("asked %d times; want 2", asked)
	}
}
