package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
)

// protocols has a transport for each protocol that net/http supports.
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

// behaviors are the ways in which a server responds to a purchase that it has carried out.
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
			return // without its whole body, the request is not a purchase
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

// purchases are the ways to buy. Each returns an error only if the number was not bought, or may not have been.
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

// If the server has carried out a purchase, it is not sent again, whatever is between the client and the server. A purchase is
// not sent at all through a wrapper that the client cannot watch.
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
	t.Parallel()
	srv := apitest.NewServer(t)
	srv.Fail(control.Fault{Status: http.StatusServiceUnavailable})
	c := srv.Client(client.WithMiddleware(wrappers["one that makes a new request"].wrap), client.WithRetries(0))
	_, err := c.Search(t.Context(), api.PhoneNumberSearchInput{Prefix: "415"})
	checkErrorIs(t, "Search", err, client.ErrUnavailable)
	if got := len(srv.Requests()); got != 2 {
		t.Errorf("sent %d times; want 2", got)
	}
}

// If a middleware could not send a purchase, it was not sent, so the client sends it again.
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

// If a middleware could not send a purchase, the error must not blame the time-out.
func TestTheErrorOfAMiddlewareThatIsStoppedNamesTheCause(t *testing.T) {
	refuse := &http.Transport{DialContext: refuseTo(new(int))}
	c := clientOf(t, "http://127.0.0.1:1", client.WithHTTPClient(&http.Client{Transport: refuse}), client.WithMiddleware(wrappers["one that makes a new request"].wrap))
	_, err := c.Buy(t.Context(), number, client.WithRetries(0))
	checkErrorSays(t, "Buy", err, "not sent: a middleware or the transport tried")
}

// If a transport has not read the request, for example because it has no token, it has sent nothing.
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
