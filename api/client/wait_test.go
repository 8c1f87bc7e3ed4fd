package client_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/api/client"
)

// tries returns when each try was sent.
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

func TestRetryAfterIsReadAgainstTheDateOfTheAnswer(t *testing.T) {
	at := time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC) // a server whose clock is years ahead
	for _, test := range []struct {
		value, date string
		want        time.Duration
	}{
		{at.Add(7 * time.Second).Format(http.TimeFormat), at.Format(http.TimeFormat), 7 * time.Second},
		{at.Add(-time.Second).Format(http.TimeFormat), at.Format(http.TimeFormat), 0},
		{at.Add(9999 * time.Hour).Format(http.TimeFormat), at.Format(http.TimeFormat), 366 * 24 * time.Hour},
		{at.Add(7 * time.Second).Format(time.RFC850), at.Format(time.ANSIC), 7 * time.Second},
		{"1.5", "", 1500 * time.Millisecond},
		{"0.25", "", 250 * time.Millisecond},
		{".5", "", 500 * time.Millisecond},
		{"2.", "", 2 * time.Second},
		{"1.2.3", "", 0},
		{".", "", 0},
		{"1e3", "", 0},
		{"inf", "", 0},
		{"nan", "", 0},
		{"0x10", "", 0},
		{strings.Repeat("9", 400), "", 366 * 24 * time.Hour},
	} {
		c := inBubble(t, func(*http.Request) (*http.Response, error) {
			return reply(503, http.Header{"Retry-After": {test.value}, "Date": {test.date}}, ""), nil
		}, client.WithRetries(0))
		_, err := c.Get(t.Context(), id)
		var failure *client.Error
		if !errors.As(err, &failure) {
			t.Fatalf("%q at %q: error is %#v; want a *client.Error", test.value, test.date, err)
		}
		if failure.RetryAfter != test.want {
			t.Errorf("%q at %q: RetryAfter is %v; want %v", test.value, test.date, failure.RetryAfter, test.want)
		}
	}
}
