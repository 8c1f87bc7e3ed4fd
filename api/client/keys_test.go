package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
)

// unavailable is a server that has empty lists, and responds to each purchase with a 503. It counts the purchases.
func unavailable(posts *int, ofLists *http.Header, ofPurchases http.Header) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			return reply(200, *ofLists, pageOf("")), nil
		}
		*posts++
		return reply(503, ofPurchases, ""), nil
	}
}

func TestAKeyIsNotReliedOnForLongerThanTheServerKeepsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		posts := 0
		ofPurchases := http.Header{"Idempotency-Key-Ttl": {"70"}, "Retry-After": {"6"}}
		_, err := inBubble(t, unavailable(&posts, new(http.Header), ofPurchases)).Buy(t.Context(), number)
		checkErrorIs(t, "Buy", err, client.ErrOutcomeUnknown)
		if posts != 2 { // at 0 s and 6 s; after a wait of up to a minute the key may be forgotten
			t.Errorf("sent %d times; want 2", posts)
		}
	})
}

// What a server says about a key that it may have forgotten proves nothing.
func TestARefusalAfterTheKeyWasForgottenProvesNothing(t *testing.T) {
	for ttl, want := range map[string]error{"30": nil, "50": client.ErrNumberUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			posts := 0
			n, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet {
					return reply(200, nil, pageOf("", owned)), nil
				}
				if posts++; posts == 1 {
					return reply(503, http.Header{"Idempotency-Key-Ttl": {"86400"}, "Retry-After": {"40"}}, ""), nil
				}
				return reply(422, http.Header{"Idempotency-Key-Ttl": {ttl}}, `{"code":"number_unavailable"}`), nil
			}).Buy(t.Context(), number)
			what := "a key that is kept for " + ttl + " s"
			checkErrorIs(t, what, err, want)
			if bought := n.ID == id; bought != (want == nil) {
				t.Errorf("%s: bought %+v; bought %s is %t, want %t", what, n, id, bought, want == nil)
			}
			if posts != 2 {
				t.Errorf("%s: sent %d times; want 2", what, posts)
			}
		})
	}
}

// While an API begins to honor keys, some of its servers honor them and some do not. If one that does not has sold a number,
// one that does refuses to sell it again.
func TestARefusalProvesNothingWhereSomeServersIgnoreKeys(t *testing.T) {
	for before, want := range map[string]error{"none": nil, "none ttl": client.ErrNumberUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			s := &shop{
				tries:   []string{"503 ttl", "422 number_unavailable ttl", "422 number_unavailable ttl", "422 number_unavailable ttl"},
				lookUps: []string{before, "found ttl"},
			}
			c := inBubble(t, s.send)
			if _, err := c.List(t.Context(), api.ListPhoneNumbersParams{}); err != nil {
				t.Fatal(err)
			}
			n, err := c.Buy(t.Context(), number)
			checkErrorIs(t, "after the list "+before, err, want)
			if bought := n.ID == id; bought != (want == nil) {
				t.Errorf("after the list %s: bought %+v; bought %s is %t, want %t", before, n, id, bought, want == nil)
			}
		})
	}
}

// After a good response without the header, keys no longer count as honored.
func TestAServerThatStopsHonouringKeysIsNotSentAPurchaseTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		posts, ttl := 0, http.Header{"Idempotency-Key-Ttl": {"86400"}}
		c := inBubble(t, unavailable(&posts, &ttl, nil))
		for _, ttl = range []http.Header{ttl, nil} {
			if _, err := c.List(t.Context(), api.ListPhoneNumbersParams{}); err != nil {
				t.Fatal(err)
			}
		}
		_, err := c.Buy(t.Context(), number)
		checkErrorIs(t, "Buy", err, client.ErrOutcomeUnknown)
		if posts != 1 {
			t.Errorf("sent %d times; want once", posts)
		}
	})
}

// While a call waits, the response to another call can show that keys are no longer honored.
func TestAKeyIsAskedForAgainAfterTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		posts, ttl := 0, http.Header{"Idempotency-Key-Ttl": {"86400"}}
		c := inBubble(t, unavailable(&posts, &ttl, http.Header{"Idempotency-Key-Ttl": {"86400"}, "Retry-After": {"10"}}))
		time.AfterFunc(5*time.Second, func() {
			ttl = nil
			_, _ = c.List(t.Context(), api.ListPhoneNumbersParams{})
		})
		_, err := c.Buy(t.Context(), number)
		checkErrorIs(t, "Buy", err, client.ErrOutcomeUnknown)
		if posts != 1 {
			t.Errorf("sent %d times; want once", posts)
		}
	})
}

// That a later try was not written says nothing about the first one.
func TestAnOpenPurchaseIsNotSentAgainBecauseALaterTryWasNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}}
		var c *client.Client
		posts := 0
		c = inBubble(t, func(r *http.Request) (*http.Response, error) {
			switch posts++; {
			case r.Method == http.MethodGet:
				posts--
				return reply(200, nil, pageOf("")), nil // without a TTL, so keys are no longer honored
			case posts == 1:
				return reply(503, http.Header{"Idempotency-Key-Ttl": {"86400"}}, ""), nil
			default:
				_, _ = c.List(r.Context(), api.ListPhoneNumbersParams{})
				return refuse.RoundTrip(r)
			}
		})
		_, err := c.Buy(t.Context(), number)
		checkErrorIs(t, "Buy", err, client.ErrOutcomeUnknown)
		if posts != 2 {
			t.Errorf("sent %d times; want 2", posts)
		}
	})
}

func TestWithIdempotencyKeyReplacesTheFreshKey(t *testing.T) {
	t.Parallel()
	srv := apitest.NewServer(t)
	for range 2 {
		for _, malformed := range []string{"", `"order 17"`, `"order-17`} {
			if _, err := srv.Client().Buy(t.Context(), number, client.WithIdempotencyKey(malformed)); !errors.Is(err, client.ErrValidation) {
				t.Errorf("the key %q: error is %v; want %v", malformed, err, client.ErrValidation)
			}
		}
		if _, err := srv.Client().Buy(t.Context(), number, client.WithIdempotencyKey(`"order-17"`)); err != nil {
			t.Error(err)
		}
	}
	var keys []string
	for _, r := range srv.Requests() {
		keys = append(keys, r.IdempotencyKey)
	}
	if want := []string{`"order-17"`, `"order-17"`}; !slices.Equal(keys, want) {
		t.Errorf("sent with the keys %q; want %q", keys, want)
	}
}

// A value that is not a sensible number of seconds is not a promise, so a purchase is not sent again.
func TestATimeToLiveThatIsNoSaneNumberIsNoPromise(t *testing.T) {
	for _, test := range []struct {
		values []string
		again  bool
	}{
		{[]string{"86400"}, true},
		{[]string{"31622400"}, true},
		{[]string{"31622401"}, false},
		{[]string{"99999999999999999999"}, false},
		{[]string{"2147483648"}, false},
		{[]string{"-1"}, false},
		{[]string{"+86400"}, false},
		{[]string{"86400.5"}, false},
		{[]string{"86400s"}, false},
		{[]string{"24h"}, false},
		{[]string{"0x15180"}, false},
		{[]string{"86_400"}, false},
		{[]string{" 86400"}, false},
		{[]string{"86400, 86400"}, false},
		{[]string{"86400", "60"}, false},
		{[]string{""}, false},
		{[]string{"true"}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			posts := 0
			_, err := inBubble(t, unavailable(&posts, new(http.Header), http.Header{"Idempotency-Key-Ttl": test.values})).Buy(t.Context(), number)
			checkErrorIs(t, fmt.Sprintf("%q", test.values), err, client.ErrOutcomeUnknown)
			if again := posts > 1; again != test.again {
				t.Errorf("%q: sent %d times; sent again is %t, want %t", test.values, posts, again, test.again)
			}
		})
	}
}
