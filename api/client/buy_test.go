package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// For each course of events, this test checks how often Buy sends the purchase, and whether it reports that the number was
// bought, that it was not, or that the outcome is unknown.
func TestBuyKnowsItsOutcome(t *testing.T) {
	for _, test := range []struct {
		name    string
		tries   []string
		lookUps []string
		bought  string // yes, no or unknown
	}{
		{"at once", []string{"200"}, nil, "yes"},
		{"refused", []string{"422 number_unavailable"}, nil, "no"},
		{"refused without a code", []string{"400"}, nil, "no"},
		{"wrong key", []string{"401"}, nil, "no"},
		{"payment", []string{"402"}, nil, "no"},
		{"cut, found", []string{"cut"}, []string{"found"}, "yes"},
		{"cut, found late", []string{"cut"}, []string{"none", "none", "found"}, "yes"},
		{"cut, not found", []string{"cut"}, []string{"none"}, "unknown"},
		{"cut, no look-up", []string{"cut"}, []string{"cut"}, "unknown"},
		{"408", []string{"408"}, []string{"none"}, "unknown"},
		{"409", []string{"409"}, nil, "no"},
		{"409 of another request under the key", []string{"409 idempotency_in_progress"}, []string{"none"}, "unknown"},
		{"425", []string{"425", "200"}, nil, "yes"},
		{"429", []string{"429", "200"}, nil, "yes"},
		{"always 429", []string{"429", "429", "429", "429"}, nil, "no"},
		{"429, then 503", []string{"429", "503"}, []string{"none"}, "unknown"},
		{"503, then 429", []string{"503 ttl", "429 ttl", "429 ttl", "429 ttl"}, []string{"none ttl"}, "unknown"},
		{"421", []string{"421", "200"}, nil, "yes"},
		{"405", []string{"405"}, nil, "no"},
		{"413", []string{"413"}, nil, "no"},
		{"415", []string{"415"}, nil, "no"},
		{"499 of a proxy", []string{"499"}, []string{"none"}, "unknown"},
		{"503, found", []string{"503"}, []string{"found"}, "yes"},
		{"201 with the number", []string{"201"}, nil, "yes"},
		{"202", []string{"202"}, []string{"none"}, "unknown"},
		{"204", []string{"204"}, []string{"found"}, "yes"},
		{"303 to what was made", []string{"303"}, []string{"found"}, "yes"},
		{"301", []string{"301"}, nil, "no"},
		{"302", []string{"302"}, nil, "no"},
		{"307", []string{"307"}, nil, "no"},
		{"308", []string{"308"}, nil, "no"},
		{"the failure shows that keys are honored", []string{"503 ttl", "200 ttl"}, nil, "yes"},
		{"in progress", []string{"409 idempotency_in_progress ttl", "409 idempotency_in_progress ttl", "200 ttl"}, nil, "yes"},
		{"in progress, in a body that is lost", []string{"409 ttl", "200 ttl"}, nil, "yes"},
		{"in progress, and never done", []string{"409 ttl", "409 ttl", "409 ttl", "409 ttl"}, []string{"none ttl"}, "unknown"},
		{"the look-up shows that keys are honored", []string{"cut", "200 ttl"}, []string{"none ttl"}, "yes"},
		{"the look-up shows it and the purchase had not arrived", []string{"cut", "422 number_unavailable ttl"}, []string{"none ttl"}, "no"},
		{"the repeated call is refused", []string{"503 ttl", "422 number_unavailable ttl"}, nil, "no"},
		{"the key is revoked meanwhile", []string{"503 ttl", "401 ttl", "401 ttl", "401 ttl"}, []string{"401 ttl"}, "unknown"},
		{"the key stands for something else meanwhile", []string{"503 ttl", "422 idempotency_key_reused", "503", "503"}, []string{"none"}, "unknown"},
		{"a node without keys refuses the repeated call", []string{"503 ttl", "422 number_unavailable", "422 number_unavailable", "422 number_unavailable"}, []string{"found"}, "yes"},
		{"a node without keys refuses it, one with keys answers", []string{"503 ttl", "422 number_unavailable", "200 ttl"}, nil, "yes"},
		{"a node whose promise is over refuses it", []string{"503 ttl", "422 number_unavailable ttl=0"}, []string{"found"}, "yes"},
		{"a proxy refuses the repeated call", []string{"503 ttl", "422", "422", "422"}, []string{"none ttl"}, "unknown"},
		{"a proxy that adds the header to all refuses it", []string{"503 ttl", "422 ttl", "422 ttl", "422 ttl"}, []string{"none ttl"}, "unknown"},
		{"the look-up finds what was there before", []string{"cut", "422 number_unavailable ttl"}, []string{"found ttl"}, "no"},
		{"the look-up finds it and the repeated call too", []string{"cut", "200 ttl"}, []string{"found ttl"}, "yes"},
		{"the tries are used up", []string{"503 ttl", "cut", "503", "503 ttl"}, []string{"none ttl"}, "unknown"},
		{"the tries are used up, found", []string{"503 ttl", "cut", "503", "503 ttl"}, []string{"found ttl"}, "yes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shop{tries: test.tries, lookUps: test.lookUps}
				n, err := inBubble(t, s.send).Buy(t.Context(), number)
				var failure *client.Error
				got := "yes"
				switch {
				case errors.Is(err, client.ErrOutcomeUnknown):
					got = "unknown"
					if !errors.As(err, &failure) {
						t.Fatalf("error is %#v; want a *client.Error", err)
					}
					if failure.Number != number {
						t.Errorf("the error has the number %q; want %q", failure.Number, number)
					}
					if failure.IdempotencyKey != s.keys[0] {
						t.Errorf("the error has the key %q; want %q", failure.IdempotencyKey, s.keys[0])
					}
					checkErrorSays(t, "Buy", err, number)
				case err != nil:
					got = "no"
				case n.ID != id:
					t.Errorf("bought %+v; want the id %s", n, id)
				}
				if got != test.bought {
					t.Errorf("bought is %s (%v); want %s", got, err, test.bought)
				}
				if s.posts != len(test.tries) {
					t.Errorf("sent %d times; want %d", s.posts, len(test.tries))
				}
				if len(test.lookUps) > 0 && strings.HasSuffix(test.lookUps[0], "ttl") && s.looked != 1 {
					t.Errorf("looked %d times at a server that honors keys; want once", s.looked)
				}
				if len(s.keys) != s.posts {
					t.Errorf("sent %d times with the keys %q; want one key each time", s.posts, s.keys)
				}
				if different := slices.Compact(slices.Clone(s.keys)); len(different) != 1 || different[0] == "" {
					t.Errorf("sent with the keys %q; want the same one each time, which is not empty", s.keys)
				}
			})
		})
	}
}

// An earlier import looks like a new one, so the client does not look for it. A list only shows whether keys are honored.
func TestAnImportIsRepeatedUnderItsKeyOrItsOutcomeIsUnknown(t *testing.T) {
	for lookUp, want := range map[string]error{"found": client.ErrOutcomeUnknown, "found ttl": nil} {
		synctest.Test(t, func(t *testing.T) {
			s := &shop{tries: []string{"cut", "200 ttl"}, lookUps: []string{lookUp}}
			_, err := inBubble(t, s.send).Create(t.Context(), api.SIPImport(api.SIPImportDetails{PhoneNumber: number, Password: "secret"}))
			checkErrorIs(t, lookUp, err, want)
			if again := s.posts == 2; again != (want == nil) {
				t.Errorf("%s: sent %d times; sent twice is %t, want %t", lookUp, s.posts, again, want == nil)
			}
		})
	}
}

// WithRetries(0) sends once, even if a look-up then shows that keys are honored.
func TestWithRetriesHoldsForTheWholePurchase(t *testing.T) {
	for _, retries := range []int{0, 2} {
		synctest.Test(t, func(t *testing.T) {
			s := &shop{tries: []string{"cut", "503", "503", "503", "503"}, lookUps: []string{"none ttl"}}
			_, err := inBubble(t, s.send).Buy(t.Context(), number, client.WithRetries(retries))
			checkErrorIs(t, fmt.Sprintf("%d retries", retries), err, client.ErrOutcomeUnknown)
			if s.posts != retries+1 {
				t.Errorf("%d retries: sent %d times; want %d", retries, s.posts, retries+1)
			}
		})
	}
}

// Without a connection nothing was written, so the purchase is sent again, and the error says that it was not made.
func TestAPurchaseThatWasNeverWrittenIsNotBought(t *testing.T) {
	var dialed atomic.Int64
	refuse := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		dialed.Add(1)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}}
	c := clientOf(t, "http://127.0.0.1:1", client.WithHTTPClient(&http.Client{Transport: refuse}))
	_, err := c.Buy(t.Context(), number)
	checkErrorIs(t, "Buy", err, client.ErrUnavailable)
	checkErrorIsNot(t, "Buy", err, client.ErrOutcomeUnknown)
	checkErrorSays(t, "Buy", err, "not sent")
	if got := dialed.Load(); got != 2 {
		t.Errorf("dialed %d times; want 2", got)
	}
}
