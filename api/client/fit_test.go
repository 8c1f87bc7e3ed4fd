package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// A response about another number, from a cache or for another user, is an error.
func TestTheAnswerFitsTheQuestion(t *testing.T) {
	for name, test := range map[string]struct {
		members string // of the response
		call    func(c *client.Client) error
		says    string
	}{
		"Get":              {`{"id":"2"}`, func(c *client.Client) error { _, err := c.Get(t.Context(), "1"); return err }, `the id "2"`},
		"Update":           {`{"id":"2"}`, func(c *client.Client) error { _, err := c.Unlink(t.Context(), "1"); return err }, `the id "2"`},
		"Link":             {`{"id":"1","agentId":"b"}`, func(c *client.Client) error { _, err := c.Link(t.Context(), "1", "a"); return err }, `linked to "b"`},
		"Link, not linked": {`{"id":"1","agentId":null}`, func(c *client.Client) error { _, err := c.Link(t.Context(), "1", "a"); return err }, `linked to ""`},
		"Unlink, linked":   {`{"id":"1","agentId":"b"}`, func(c *client.Client) error { _, err := c.Unlink(t.Context(), "1"); return err }, `linked to "b"`},
		"Delete":           {`{"id":"2"}`, func(c *client.Client) error { return c.Delete(t.Context(), "1") }, `the id "2"`},
		"Get by its id":    {`{"id":"1"}`, func(c *client.Client) error { _, err := c.Get(t.Context(), "1"); return err }, ""},
		"an empty update": {`{"id":"1","agentId":"b"}`, func(c *client.Client) error {
			_, err := c.Update(t.Context(), "1", api.UpdatePhoneNumberInput{})
			return err
		}, ""},
		"Unlink, agent \"\"": {`{"id":"1","agentId":""}`, func(c *client.Client) error { _, err := c.Unlink(t.Context(), "1"); return err }, ""},
		"a SIP address in other case": {`{"number":"Support-Line","type":"SIP_USERNAME"}`, func(c *client.Client) error {
			_, err := c.Create(t.Context(), api.VogentSIP(api.VogentSIPDetails{SIPPrefix: "support-line"}))
			return err
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			sent := 0
			err := test.call(inBubble(t, func(*http.Request) (*http.Response, error) {
				sent++
				return reply(200, nil, like(test.members)), nil
			}))
			var failure *client.Error
			if sent != 1 {
				t.Errorf("sent %d times; want once", sent)
			}
			checkErrorSays(t, name, err, test.says)
			if test.says == "" {
				return
			}
			checkErrorSays(t, name, err, "not usable: ")
			if !errors.As(err, &failure) {
				t.Errorf("error is %#v; want a *client.Error", err)
			}
		})
	}
}

// If the response to a purchase has another number, the wanted number may have been bought or not.
func TestAPurchaseAnsweredWithAnotherNumberIsUnknown(t *testing.T) {
	for name, buy := range map[string]func(ctx context.Context, c *client.Client) error{
		"Buy": func(ctx context.Context, c *client.Client) error {
			_, err := c.Buy(ctx, number, client.WithIdempotencyKey("reused"))
			return err
		},
		"Purchase": func(ctx context.Context, c *client.Client) error { _, err := c.Purchase(ctx, number); return err },
		"an import": func(ctx context.Context, c *client.Client) error {
			_, err := c.Create(ctx, api.SIPImport(api.SIPImportDetails{PhoneNumber: number}))
			return err
		},
		"a SIP address": func(ctx context.Context, c *client.Client) error {
			_, err := c.Create(ctx, api.VogentSIP(api.VogentSIPDetails{SIPPrefix: "support"}))
			return err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			posts := 0
			err := buy(t.Context(), inBubble(t, func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet {
					return reply(200, nil, pageOf("")), nil
				}
				posts++
				return reply(200, nil, like(`{"number":"+14155550199"}`)), nil
			}))
			checkErrorIs(t, name, err, client.ErrOutcomeUnknown)
			checkErrorSays(t, name, err, "+14155550199")
			if posts != 1 {
				t.Errorf("%s: sent %d times; want once", name, posts)
			}
		})
	}
}

func TestBuyAnyBuysOnlyWhatStartsWithThePrefix(t *testing.T) {
	for _, test := range []struct{ prefix, country, finds, buys string }{
		{"415", "", "+14155550100", "+14155550100"},
		{"415", "us", "+12125550100 +14155550100", "+14155550100"},
		{"415", "US", "+12125550100 +4415550100 +14415550100", ""},
		{"415", "US", "4155550100", ""},
		{"1", "US", "+14155550100", ""},
		{"020", "gb", "+14155550100 +442079460000", "+442079460000"},
		{"20", "GB", "+442079460000", "+442079460000"},
		{"20", "GB", "+442179460000 +12079460000", ""},
		{"30", "DE", "+493012345678", "+493012345678"},
		{"030", "DE", "+493012345678", "+493012345678"},
		{"06", "IT", "+390612345678", "+390612345678"},
		{"30", "DE", "+494012345678", ""},
	} {
		t.Run(test.country+" "+test.prefix+": "+test.finds, func(t *testing.T) {
			search, bought := api.PhoneNumberSearchInput{Prefix: test.prefix}, ""
			if test.country != "" {
				search.Country = &test.country
			}
			n, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/search") {
					return reply(200, nil, `[{"number":"`+strings.ReplaceAll(test.finds, " ", `"},{"number":"`)+`"}]`), nil
				}
				bought = bodyOf(r, "purchase", "number")
				return reply(200, nil, like(`{"number":"`+bought+`"}`)), nil
			}).BuyAny(t.Context(), search)
			if bought != test.buys {
				t.Errorf("bought %q; want %q", bought, test.buys)
			}
			if n.Number != bought {
				t.Errorf("BuyAny returns %+v; want the number %q", n, bought)
			}
			if test.buys != "" {
				checkErrorIs(t, "BuyAny", err, nil)
				return
			}
			checkErrorIs(t, "BuyAny", err, client.ErrNumberUnavailable)
			checkErrorSays(t, "BuyAny", err, "does not start with")
		})
	}
}

// crowded is a server that has this many pages of numbers and responds to purchases with refuse. It counts lists and purchases.
func crowded(pages int, lists, posts *int, refuse func(post int) *http.Response) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet {
			*posts++
			return refuse(*posts), nil
		}
		*lists++
		page, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		if r.URL.Query().Get("number") != "" {
			return reply(400, nil, `{"message":"no filters here"}`), nil
		}
		next := ""
		if page+1 < pages {
			next = strconv.Itoa(page + 1)
		}
		return reply(200, nil, pageOf(next, like(`{"id":"`+strconv.Itoa(page)+`","number":"+1212555`+strconv.Itoa(1000+page)+`"}`))), nil
	}
}

// If the server throttles a purchase, there is no look-up. If the outcome is open, there is one look-up, after the wait.
func TestAThrottledPurchaseIsRefusedAndALookUpIsBounded(t *testing.T) {
	later := func(status int, retryAfter string) *http.Response {
		return reply(status, http.Header{"Retry-After": {retryAfter}}, "")
	}
	for name, test := range map[string]struct {
		pages        int
		refuse       func(post int) *http.Response
		is           error
		posts, lists int
		least        time.Duration // the least time that it takes
	}{
		"429 once": {30, func(post int) *http.Response {
			if post == 1 {
				return later(429, "7")
			}
			return reply(200, nil, owned)
		}, nil, 2, 0, 7 * time.Second},
		"429 always":          {30, func(int) *http.Response { return later(429, "7") }, client.ErrRateLimited, 4, 0, 21 * time.Second},
		"503, many pages":     {30, func(int) *http.Response { return later(503, "9") }, client.ErrOutcomeUnknown, 1, 31, 9 * time.Second}, // one list is with a filter
		"503, too many pages": {1000, func(int) *http.Response { return later(503, "9") }, client.ErrOutcomeUnknown, 1, 101, 9 * time.Second},
		"503, one page":       {1, func(int) *http.Response { return later(503, "9") }, client.ErrOutcomeUnknown, 1, 8, 36 * time.Second},
		"429, then 503":       {30, func(post int) *http.Response { return later(map[int]int{1: 429, 2: 503}[post], "2") }, client.ErrOutcomeUnknown, 2, 31, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, lists, posts := time.Now(), 0, 0
				_, err := inBubble(t, crowded(test.pages, &lists, &posts, test.refuse)).Buy(t.Context(), number)
				checkErrorIs(t, "Buy", err, test.is)
				if posts != test.posts {
					t.Errorf("sent %d purchases; want %d", posts, test.posts)
				}
				if lists != test.lists {
					t.Errorf("sent %d lists; want %d", lists, test.lists)
				}
				if took := time.Since(start); took < test.least {
					t.Errorf("it took %v; want %v at least", took, test.least)
				}
			})
		})
	}
}

// bodyOf is a text in the JSON body of a request.
func bodyOf(r *http.Request, path ...string) string {
	var value any
	_ = json.NewDecoder(r.Body).Decode(&value)
	for _, name := range path {
		members, _ := value.(map[string]any)
		value = members[name]
	}
	text, _ := value.(string)
	return text
}
