package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// reply is a response without a network.
func reply(status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

// inBubble makes a client that sends through send, for a synctest bubble. It uses no network.
func inBubble(t *testing.T, send roundTripper, opts ...client.Option) *client.Client {
	t.Helper()
	all := append([]client.Option{client.WithBaseURL("http://localhost/api"), client.WithAPIKey(testKey)}, opts...)
	c, err := client.New(append(all, client.WithMiddleware(func(http.RoundTripper) http.RoundTripper { return send }))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tries collects when each try came.
func tries(t *testing.T, c func(send roundTripper) *client.Client, ctx context.Context, status int, retryAfter func() string) ([]time.Duration, error) {
	t.Helper()
	start := time.Now()
	var at []time.Duration
	_, err := c(func(*http.Request) (*http.Response, error) {
		at = append(at, time.Since(start))
		header := http.Header{}
		if value := retryAfter(); value != "" {
			header.Set("Retry-After", value)
		}
		return reply(status, header, ""), nil
	}).Get(ctx, id)
	return at, err
}

func none() string { return "" }

func TestTheWaitsDoubleAndAreRandomUpToThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		longest, err := tries(t, func(send roundTripper) *client.Client {
			return inBubble(t, send, client.WithRetries(7)).WithoutJitter(1)
		}, t.Context(), http.StatusBadGateway, none)
		var want []time.Duration
		sum := 0
		for _, milliseconds := range []int{0, 500, 1000, 2000, 4000, 8000, 8000, 8000} {
			sum += milliseconds
			want = append(want, time.Duration(sum)*time.Millisecond)
		}
		checkErrorIs(t, "Get", err, client.ErrUnavailable)
		if !slices.Equal(longest, want) {
			t.Errorf("tried at %v; want %v", longest, want)
		}
		seen := map[time.Duration]bool{}
		for range 20 {
			at, _ := tries(t, func(send roundTripper) *client.Client { return inBubble(t, send, client.WithRetries(1)) },
				t.Context(), http.StatusBadGateway, none)
			seen[at[1]] = true
			if at[1] > 500*time.Millisecond {
				t.Errorf("waited %v; want 500ms at most", at[1])
			}
		}
		if len(seen) < 15 {
			t.Errorf("20 random waits have %d values; want 15 or more", len(seen))
		}
	})
}

func TestAWaitLastsAsLongAsTheServerAsksUpToAMinute(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 500 * time.Millisecond, "0": 500 * time.Millisecond, "3": 3 * time.Second, "60": time.Minute, "3600": time.Minute,
		"99999999999999999999": time.Minute, "-1": 500 * time.Millisecond, "soon": 500 * time.Millisecond,
		"in 7s": 7 * time.Second, "in 2h": time.Minute, "in -1h": 500 * time.Millisecond,
	} {
		t.Run(value, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				at, err := tries(t, func(send roundTripper) *client.Client {
					return inBubble(t, send, client.WithRetries(1)).WithoutJitter(1)
				}, t.Context(), http.StatusTooManyRequests, func() string {
					if in, ok := strings.CutPrefix(value, "in "); ok {
						d, _ := time.ParseDuration(in)
						return time.Now().Add(d).UTC().Format(http.TimeFormat)
					}
					return value
				})
				checkErrorIs(t, "Get", err, client.ErrRateLimited)
				if want := []time.Duration{0, want}; !slices.Equal(at, want) {
					t.Errorf("tried at %v; want %v", at, want)
				}
			})
		})
	}
}

// The wait ends with the context, and not later. The error still says what the server responded.
func TestTheContextEndsAWaitAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, cancel)
		start := time.Now()
		make := func(send roundTripper) *client.Client { return inBubble(t, send) }
		at, err := tries(t, make, ctx, http.StatusTooManyRequests, func() string { return "30" })
		checkErrorIs(t, "canceled", err, context.Canceled, client.ErrRateLimited)
		if len(at) != 1 {
			t.Errorf("canceled: tried at %v; want one try", at)
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("canceled: it took %v; want 2s", took)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start = time.Now()
		at, err = tries(t, make, ctx, http.StatusTooManyRequests, func() string { return "30" })
		checkErrorIs(t, "a wait beyond the deadline", err, context.DeadlineExceeded, client.ErrRateLimited)
		if len(at) != 1 {
			t.Errorf("a wait beyond the deadline: tried at %v; want one try", at)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("a wait beyond the deadline: it took %v; want 0s", took)
		}
	})
}

// If the context ends a call, at any point, the error is that of the context and has its cause.
func TestTheCauseOfAContextIsInTheError(t *testing.T) {
	why := errors.New("the caller hung up")
	for name, end := range map[string]func(cancel func()) (*http.Response, error){
		"in a try": func(cancel func()) (*http.Response, error) { cancel(); return nil, io.ErrUnexpectedEOF },
		"in a wait": func(cancel func()) (*http.Response, error) {
			time.AfterFunc(time.Second, cancel)
			return reply(429, http.Header{"Retry-After": {"9"}}, ""), nil
		},
		"in the page": func(cancel func()) (*http.Response, error) {
			cancel()
			return reply(200, nil, pageOf("", owned)), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				c := inBubble(t, func(*http.Request) (*http.Response, error) { return end(func() { cancel(why) }) })
				var failure *client.Error
				for _, err := range c.All(ctx, api.ListPhoneNumbersParams{}) {
					if !errors.As(err, &failure) {
						t.Errorf("All: error is %#v; want a *client.Error", err)
					}
					checkErrorIs(t, "All", err, why, context.Canceled)
					checkErrorIsNot(t, "All", err, client.ErrUnavailable)
					checkErrorSays(t, "All", err, why.Error())
				}
				_, err := c.Get(ctx, id)
				checkErrorIs(t, "Get with an ended context", err, why, context.Canceled)
			})
		})
	}
}

func TestATimeoutIsOfEachTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, sent := time.Now(), 0
		send := func(r *http.Request) (*http.Response, error) {
			sent++
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		_, err := inBubble(t, send, client.WithTimeout(time.Minute)).WithoutJitter(0).Get(t.Context(), id, client.WithTimeout(2*time.Second), client.WithRetries(2))
		checkErrorIs(t, "Get", err, client.ErrUnavailable, context.DeadlineExceeded)
		checkErrorSays(t, "Get", err, "none within 2s")
		if sent != 3 {
			t.Errorf("sent %d times; want 3", sent)
		}
		if took := time.Since(start); took != 6*time.Second {
			t.Errorf("it took %v; want 6s", took)
		}
		start, sent = time.Now(), 0
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = inBubble(t, send).Get(ctx, id)
		checkErrorIs(t, "with the caller's deadline", err, context.DeadlineExceeded)
		checkErrorIsNot(t, "with the caller's deadline", err, client.ErrUnavailable)
		if err != nil && strings.Contains(err.Error(), "tried again") {
			t.Errorf("with the caller's deadline: error is %v; want one that does not say that it tried again", err)
		}
		if sent != 1 {
			t.Errorf("with the caller's deadline: sent %d times; want once", sent)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("with the caller's deadline: it took %v; want 1s", took)
		}
	})
}

func TestACallWithAnEndedContextIsNotSent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := inBubble(t, func(*http.Request) (*http.Response, error) {
		t.Error("it was sent")
		return nil, errors.New("sent")
	})
	for operationID, m := range methods {
		err := m.call(ctx, c)
		checkErrorIs(t, operationID, err, context.Canceled)
		checkErrorIsNot(t, operationID, err, client.ErrOutcomeUnknown)
	}
}

// Only what may have been carried out makes the 404 of a later try a success.
func TestADeleteRetriedIntoA404IsASuccess(t *testing.T) {
	for _, test := range []struct {
		first int // status; 0 if the connection breaks
		is    error
	}{{503, nil}, {408, nil}, {0, nil}, {404, client.ErrNotFound}, {429, client.ErrNotFound}} {
		synctest.Test(t, func(t *testing.T) {
			statuses := []int{test.first, http.StatusNotFound}
			err := inBubble(t, func(*http.Request) (*http.Response, error) {
				status := statuses[0]
				statuses = statuses[1:]
				if status == 0 {
					return nil, io.ErrUnexpectedEOF
				}
				return reply(status, nil, ""), nil
			}).Delete(t.Context(), id)
			checkErrorIs(t, fmt.Sprintf("%d, then 404", test.first), err, test.is)
		})
	}
}

func TestAllStopsWhereCursorsGoRoundInACircle(t *testing.T) {
	for _, circle := range []string{"a", "ab", "abc", "xyabcdefg", "xxx"} {
		pages := 0
		c := inBubble(t, func(r *http.Request) (*http.Response, error) {
			next := circle[min(pages, len(circle)-1)]
			if from := r.URL.Query().Get("cursor"); pages >= len(circle) {
				next = circle[len(circle)-1]
				if i := strings.LastIndex(circle[:len(circle)-1], from); i >= 0 {
					next = circle[i+1]
				}
			}
			if pages++; pages > 100 {
				t.Fatal("it does not stop")
			}
			return reply(200, nil, pageOf(string(next), owned)), nil
		})
		var last error
		for _, err := range c.All(t.Context(), api.ListPhoneNumbersParams{}) {
			last = err
		}
		checkErrorSays(t, circle, last, "repeated a cursor")
		if most := 4*len(circle) + 2; pages > most {
			t.Errorf("%s: read %d pages; want %d at most", circle, pages, most)
		}
	}
}

func TestAllReadsPageAfterPageUntilTheLoopOrTheContextEnds(t *testing.T) {
	var asked []string
	c := inBubble(t, func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.RawQuery)
		next := map[string]string{"": "p/2", "p/2": "p3", "p3": ""}[r.URL.Query().Get("cursor")]
		return reply(200, nil, pageOf(next, owned, owned)), nil
	})
	count := func(ctx context.Context, stopAfter int) (n int, last error) {
		asked = nil
		for _, err := range c.All(ctx, api.ListPhoneNumbersParams{Limit: new(2), AgentID: api.NoAgent()}) {
			if last = err; err != nil {
				continue
			}
			if n++; n == stopAfter {
				break
			}
		}
		return n, last
	}
	queries := []string{"limit=2&agentId=", "limit=2&cursor=p%2F2&agentId=", "limit=2&cursor=p3&agentId="}
	for _, test := range []struct {
		stopAfter, numbers int
		asked              []string
	}{{-1, 6, queries}, {2, 2, queries[:1]}} {
		n, err := count(t.Context(), test.stopAfter)
		if err != nil {
			t.Errorf("a loop that stops after %d: %v", test.stopAfter, err)
		}
		if n != test.numbers {
			t.Errorf("a loop that stops after %d: got %d numbers; want %d", test.stopAfter, n, test.numbers)
		}
		if !slices.Equal(asked, test.asked) {
			t.Errorf("a loop that stops after %d: asked for %q; want %q", test.stopAfter, asked, test.asked)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range c.All(ctx, api.ListPhoneNumbersParams{}) {
		if n++; n == 1 {
			cancel()
			continue
		}
		checkErrorIs(t, "after the context ended", err, context.Canceled)
		if n > 2 {
			t.Errorf("after the context ended: turn %d of the loop; want 2 at most", n)
		}
	}
}
