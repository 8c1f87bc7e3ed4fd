package client_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// shop is what a server makes of the tries of a purchase, one after the other, and of the look-ups between them.
type shop struct {
	tries   []string // "200", another status, "422 code", or cut, each with "ttl", or "ttl=" and seconds, if keys are honored
	lookUps []string // found, none or cut; the last for all that follow

	posts  int
	keys   []string
	looked int
}

func (s *shop) send(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		s.looked++
		what := s.lookUps[min(s.looked, len(s.lookUps))-1]
		return s.reply(what, map[string]string{"found": pageOf("", owned), "none": pageOf("")})
	}
	s.posts++
	for name, values := range r.Header {
		if http.CanonicalHeaderKey(name) == "Idempotency-Key" {
			s.keys = append(s.keys, values...)
		}
	}
	if s.posts > len(s.tries) {
		return nil, fmt.Errorf("try %d is one too many", s.posts)
	}
	return s.reply(s.tries[s.posts-1], map[string]string{"200": owned})
}

func (s *shop) reply(what string, bodies map[string]string) (*http.Response, error) {
	header := http.Header{}
	if rest, seconds, ok := strings.Cut(what, " ttl"); ok {
		what = rest
		header.Set("Idempotency-Key-TTL", cmp.Or(strings.TrimPrefix(seconds, "="), "86400"))
	}
	if what == "cut" {
		return nil, io.ErrUnexpectedEOF
	}
	if body, ok := bodies[what]; ok {
		return reply(http.StatusOK, header, body), nil
	}
	var status int
	var code string
	if _, err := fmt.Sscanf(what+" -", "%d %s", &status, &code); err != nil {
		return nil, err
	}
	if code == "-" {
		return reply(status, header, map[int]string{http.StatusCreated: owned}[status]), nil
	}
	return reply(status, header, `{"code":"`+code+`","detail":"no"}`), nil
}

// What Buy makes of each course of events: how often it sends, and whether the outcome is that the number was bought, was not,
// or is unknown.
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

// An import that was there before looks like a new one, so it is not looked for; a list only shows whether keys are honored.
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

// unavailable is a server whose lists are empty, and that answers each purchase with a 503. It counts those.
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

// What a server says of a key that it may have forgotten proves nothing.
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

// While an API learns to honor keys, some servers do and some do not. What the latter have sold, the former refuse to sell again.
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

// What was not written in a later try says nothing of the first one.
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
				return reply(200, nil, pageOf("")), nil // so keys are no longer honored
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

// If the caller cancels a purchase after it was sent, its outcome is unknown.
func TestAPurchaseWhoseContextEndsMidwayIsUnknown(t *testing.T) {
	for name, end := range map[string]func(r *http.Request, cancel func()) (*http.Response, error){
		"before the answer": func(r *http.Request, cancel func()) (*http.Response, error) {
			cancel()
			return nil, r.Context().Err()
		},
		"in the body": func(r *http.Request, cancel func()) (*http.Response, error) {
			cancel()
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(iotest.ErrReader(r.Context().Err()))}, nil
		},
		"in the wait": func(_ *http.Request, cancel func()) (*http.Response, error) {
			time.AfterFunc(time.Second, cancel)
			return reply(503, http.Header{"Idempotency-Key-Ttl": {"86400"}, "Retry-After": {"30"}}, ""), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				sent := 0
				_, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
					sent++
					return end(r, cancel)
				}).Buy(ctx, number)
				checkErrorIs(t, "Buy", err, client.ErrOutcomeUnknown, context.Canceled)
				if sent != 1 {
					t.Errorf("sent %d times; want once", sent)
				}
			})
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

func TestAnUnknownOutcomeOfANumberWithoutANameIsOneToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := inBubble(t, (&shop{tries: []string{"cut", "cut"}, lookUps: []string{"none"}}).send)
		_, named := c.Buy(t.Context(), "")
		_, empty := c.Create(t.Context(), api.CreatePhoneNumberInput{})
		for what, err := range map[string]error{"Buy": named, "Create": empty} {
			checkErrorIs(t, what, err, client.ErrOutcomeUnknown)
			checkErrorIsNot(t, what, err, client.ErrUnavailable)
		}
	})
}

// allObjects is a create request of this type with every object, as the published call has it.
func allObjects(t *testing.T, kind api.CreatePhoneNumberType) (request api.CreatePhoneNumberInput) {
	t.Helper()
	body := map[string]any{}
	for _, example := range spectest.Examples(spectest.Load(t).Operation(t, "createPhoneNumber").RequestBody.Value.Content["application/json"]) {
		maps.Copy(body, example.(map[string]any))
	}
	body["type"] = kind
	if err := json.Unmarshal([]byte(encode(body)), &request); err != nil {
		t.Fatal(err)
	}
	return request
}

// The type of a request says which object counts, so it says whose outcome is unknown, too.
func TestAnUnknownOutcomeNamesTheNumberThatTheTypeChooses(t *testing.T) {
	type outcome struct {
		request  api.CreatePhoneNumberInput
		number   string // in the error
		lookedUp string // by the client
	}
	purchase, sip := allObjects(t, api.CreateByPurchase), allObjects(t, api.CreateByVogentSIP)
	tests := map[string]outcome{
		"purchase":   {purchase, purchase.Purchase.Number, purchase.Purchase.Number},
		"sip_import": {allObjects(t, api.CreateBySIPImport), sip.SIPImport.PhoneNumber, ""},
		"vogent_sip": {sip, sip.VogentSIP.SIPPrefix, ""},

		"a new type":                 {allObjects(t, "port_in"), "", ""},
		"a new type with one object": {api.CreatePhoneNumberInput{Type: "port_in", Purchase: purchase.Purchase}, number, ""},
		"a type without its object":  {api.CreatePhoneNumberInput{Type: api.CreateByVogentSIP, Purchase: purchase.Purchase}, "", ""},
	}
	choice, _ := spectest.ChoiceOf(spectest.Load(t).Operation(t, "createPhoneNumber").Body)
	for kind := range choice.Mapping {
		if _, ok := tests[kind]; !ok {
			t.Errorf("openapi.yaml has the create type %s; add it to this test, and its number to numberOf", kind)
		}
	}
	for name, want := range tests {
		synctest.Test(t, func(t *testing.T) {
			lookedUp := ""
			_, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet {
					lookedUp = r.URL.Query().Get("number")
					return reply(http.StatusOK, nil, pageOf("")), nil
				}
				return nil, io.ErrUnexpectedEOF
			}).Create(t.Context(), want.request)
			var failure *client.Error
			checkErrorIs(t, name, err, client.ErrOutcomeUnknown)
			if lookedUp != want.lookedUp {
				t.Errorf("%s: looked up %q; want %q", name, lookedUp, want.lookedUp)
			}
			if !errors.As(err, &failure) {
				t.Fatalf("%s: error is %#v; want a *client.Error", name, err)
			}
			if failure.Number != want.number {
				t.Errorf("%s: the error has the number %q; want %q", name, failure.Number, want.number)
			}
		})
	}
}

func TestWithIdempotencyKeyReplacesTheFreshKey(t *testing.T) {
	s := &shop{tries: []string{"200", "200"}}
	c := inBubble(t, s.send)
	for range 2 {
		for _, malformed := range []string{"", `"order 17"`, `"order-17`} {
			if _, err := c.Buy(t.Context(), number, client.WithIdempotencyKey(malformed)); !errors.Is(err, client.ErrValidation) {
				t.Errorf("the key %q: error is %v; want %v", malformed, err, client.ErrValidation)
			}
		}
		if _, err := c.Buy(t.Context(), number, client.WithIdempotencyKey(`"order-17"`)); err != nil {
			t.Error(err)
		}
	}
	if want := []string{`"order-17"`, `"order-17"`}; !slices.Equal(s.keys, want) {
		t.Errorf("sent with the keys %q; want %q", s.keys, want)
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

func TestBuyAnyTakesTheNextNumberWhenOneIsGone(t *testing.T) {
	for _, test := range []struct {
		name    string
		answers map[string]string // to a purchase, by the last digit
		want    string            // the last digit of what is bought
		is      error
	}{
		{"the first", map[string]string{"0": "200"}, "0", nil},
		{"the third", map[string]string{"0": "422 number_unavailable", "1": "422 number_unavailable", "2": "200"}, "2", nil},
		{"after the first search", map[string]string{"0": "422 number_unavailable", "1": "422 number_unavailable", "2": "422 number_unavailable", "3": "200"}, "3", nil},
		{"of a server without codes", map[string]string{"0": "400", "1": "422", "2": "200"}, "2", nil},
		{"none", map[string]string{}, "", client.ErrNumberUnavailable},
		{"a wrong key", map[string]string{"0": "401"}, "", client.ErrUnauthorized},
		{"a broken rule", map[string]string{"0": "422 validation_failed"}, "", client.ErrValidation},
		{"an unknown outcome", map[string]string{"0": "422 number_unavailable", "1": "cut"}, "", client.ErrOutcomeUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gone, posts := map[string]bool{}, 0
				n, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodGet {
						return reply(200, nil, pageOf("")), nil
					}
					body, _ := io.ReadAll(r.Body)
					if strings.HasSuffix(r.URL.Path, "/search") {
						var found []string
						for i := 0; i < 6 && len(found) < 3; i++ {
							if digit := fmt.Sprint(i); !gone[digit] || test.name == "none" {
								found = append(found, `{"number":"+1415555010`+digit+`"}`)
							}
						}
						return reply(200, nil, "["+strings.Join(found, ",")+"]"), nil
					}
					posts++
					digit := string(body[len(body)-len(`"},"type":"purchase"}`)-1])
					gone[digit] = true
					what, ok := test.answers[digit]
					if !ok {
						what = "422 number_unavailable"
					}
					return new(shop).reply(what, map[string]string{"200": strings.Replace(owned, number, "+1415555010"+digit, 1)})
				}).BuyAny(t.Context(), api.PhoneNumberSearchInput{Prefix: "415"})
				checkErrorIs(t, "BuyAny", err, test.is)
				if test.is == nil && !strings.HasSuffix(n.Number, test.want) {
					t.Errorf("bought %q; want one that ends in %s", n.Number, test.want)
				}
				if test.is == nil && posts != len(test.answers) {
					t.Errorf("sent %d purchases; want %d", posts, len(test.answers))
				}
				if most := max(len(test.answers), 3); posts > most {
					t.Errorf("sent %d purchases; want %d at most", posts, most)
				}
			})
		})
	}
}

// A number whose outcome is unknown is not passed over for the next one, whatever its last try was answered with.
func TestBuyAnyStopsAtAnUnknownOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		purchases := &shop{tries: []string{"503 ttl", "400", "400", "400"}, lookUps: []string{"none ttl"}}
		_, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/search") {
				return reply(200, nil, `[{"number":"`+number+`"},{"number":"+14155550101"}]`), nil
			}
			return purchases.send(r)
		}).BuyAny(t.Context(), api.PhoneNumberSearchInput{Prefix: "415"})
		checkErrorIs(t, "BuyAny", err, client.ErrOutcomeUnknown)
		checkErrorSays(t, "BuyAny", err, number)
		if purchases.posts != 4 {
			t.Errorf("sent %d purchases; want 4", purchases.posts)
		}
	})
}

func TestBuyAnySaysWhyNoNumberCouldBeBought(t *testing.T) {
	posts := 0
	_, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/search") {
			return reply(200, nil, fmt.Sprintf(`[{"number":"+1415555010%d"},{"number":"+1415555011%d"}]`, posts, posts)), nil
		}
		posts++
		return reply(400, nil, `{"code":"plan","message":"your plan allows 3 numbers"}`), nil
	}).BuyAny(t.Context(), api.PhoneNumberSearchInput{Prefix: "415"})
	var failure *client.Error
	if !errors.As(err, &failure) {
		t.Errorf("error is %#v; want a *client.Error", err)
	}
	checkErrorIs(t, "BuyAny", err, client.ErrNumberUnavailable)
	checkErrorSays(t, "BuyAny", err, "your plan allows 3 numbers")
	if posts != 2 {
		t.Errorf("sent %d purchases; want 2", posts)
	}
}

// The real server, behind a connection that loses the answer to every first try.
func TestBuyingFromTheRealServerIsDoneOnce(t *testing.T) {
	var lost sync.Map
	c, err := client.New(client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			if _, before := lost.LoadOrStore(r.Header.Get("Idempotency-Key"), true); before || r.Header.Get("Idempotency-Key") == "" {
				return response, nil
			}
			_ = response.Body.Close()
			return nil, io.ErrUnexpectedEOF
		})
	}))
	if err != nil {
		t.Fatal(err)
	}
	c.WithoutJitter(0)
	const callers = 8
	bought := make([]string, callers)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			n, err := c.BuyAny(t.Context(), api.PhoneNumberSearchInput{Prefix: "206", Limit: new(10)})
			if err != nil {
				t.Error(err)
			}
			bought[i] = n.ID
		})
	}
	all.Wait()
	slices.Sort(bought)
	if len(slices.Compact(bought)) != callers {
		t.Errorf("%d callers have bought %q; want a different number each", callers, bought)
	}
	owned := 0
	for n, err := range c.All(t.Context(), api.ListPhoneNumbersParams{}) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(n.Number, "+1206") {
			continue
		}
		owned++
		if err := c.Delete(t.Context(), n.ID); err != nil { // for the next run
			t.Error(err)
		}
	}
	if owned != callers {
		t.Errorf("the callers own %d numbers; want %d", owned, callers)
	}
}
