package rest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client/raw"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

const (
	first  = "+14155550100"
	second = "+14155550101"
	third  = "+14165550100"
)

// create creates a number, and ends the test if it cannot.
func create(t *testing.T, c *raw.ClientWithResponses, r api.CreatePhoneNumberInput) api.PhoneNumber {
	t.Helper()
	answer, err := c.CreatePhoneNumberWithResponse(t.Context(), nil, r)
	dbtest.Must(t, err)
	if answer.JSON200 == nil {
		t.Fatalf("create: got %d %s; want 200", answer.StatusCode(), answer.Body)
	}
	return *answer.JSON200
}

func sipImport(number string) api.CreatePhoneNumberInput {
	return api.SIPImport(api.SIPImportDetails{PhoneNumber: number, TerminationURI: "sip.example.com", Username: "u", Password: "p"})
}

func vogentSIP(prefix string) api.CreatePhoneNumberInput {
	return api.VogentSIP(api.VogentSIPDetails{SIPPrefix: prefix, Username: "caller", Password: "12345"})
}

func searched(t *testing.T, c *raw.ClientWithResponses, r api.PhoneNumberSearchInput) []string {
	t.Helper()
	answer, err := c.SearchPhoneNumbersWithResponse(t.Context(), r)
	dbtest.Must(t, err)
	if answer.JSON200 == nil {
		t.Fatalf("search: got %d %s; want 200", answer.StatusCode(), answer.Body)
	}
	numbers := []string{}
	for _, n := range *answer.JSON200 {
		numbers = append(numbers, n.Number)
	}
	return numbers
}

func pointer[T any](v T) *T { return &v }

func TestTheLifeOfANumber(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		ctx, c := t.Context(), newServer(t, newDB(t), first, second, third).client(t, "w")

		if got := searched(t, c, api.PhoneNumberSearchInput{Prefix: "415"}); !slices.Equal(got, []string{first, second}) {
			t.Fatalf("found %q; want %q", got, []string{first, second})
		}
		n := create(t, c, api.Purchase(first))
		if n.ID == "" {
			t.Fatal("bought a number without an id; want one")
		}
		if got, want := describe(n), describe(api.PhoneNumber{ID: n.ID, Number: first, Type: api.PSTN}); got != want {
			t.Fatalf("bought %s; want %s", got, want)
		}
		if got := searched(t, c, api.PhoneNumberSearchInput{Prefix: "415"}); !slices.Equal(got, []string{second}) {
			t.Errorf("after the purchase found %q; want %q", got, []string{second})
		}

		for _, step := range []struct {
			link api.AgentLink
			want *string
		}{
			{api.LinkAgent("agent_1"), pointer("agent_1")},
			{api.AgentLink{}, pointer("agent_1")},
			{api.LinkAgent("agent_2"), pointer("agent_2")},
			{api.UnlinkAgent(), nil},
			{api.UnlinkAgent(), nil},
			{api.LinkAgent("agent_3"), pointer("agent_3")},
		} {
			n.AgentID = step.want
			put, err := c.UpdatePhoneNumberWithResponse(ctx, n.ID, api.UpdatePhoneNumberInput{AgentID: step.link})
			dbtest.Must(t, err)
			wantNumber(t, fmt.Sprintf("update to %+v", step.link), put.JSON200, put.Body, n)
			got, err := c.GetPhoneNumberWithResponse(ctx, n.ID)
			dbtest.Must(t, err)
			wantNumber(t, fmt.Sprintf("get after the update to %+v", step.link), got.JSON200, got.Body, n)
		}

		deleted, err := c.DeletePhoneNumberWithResponse(ctx, n.ID)
		dbtest.Must(t, err)
		wantNumber(t, "delete", deleted.JSON200, deleted.Body, n)
		again, err := c.DeletePhoneNumberWithResponse(ctx, n.ID)
		dbtest.Must(t, err)
		if again.StatusCode() != http.StatusNotFound {
			t.Errorf("the second delete: got %d %s; want 404", again.StatusCode(), again.Body)
		}
		if got := searched(t, c, api.PhoneNumberSearchInput{Prefix: "415"}); !slices.Equal(got, []string{first, second}) {
			t.Errorf("after the delete found %q; want %q", got, []string{first, second})
		}
		bought, err := c.PurchasePhoneNumberWithResponse(ctx, nil, api.PhoneNumberPurchaseInput{Number: first})
		dbtest.Must(t, err)
		if bought.JSON200 == nil {
			t.Fatalf("the second purchase: got %d %s; want 200", bought.StatusCode(), bought.Body)
		}
		if got := bought.JSON200.Number; got != first {
			t.Errorf("the second purchase: the number is %s; want %s", got, first)
		}
		if got := bought.JSON200.ID; got == n.ID {
			t.Errorf("the second purchase: the id is %s, as before; want a new one", got)
		}
	})
}

// wantNumber fails the test unless a response is a 200 with the number. The message names the call.
func wantNumber(t *testing.T, call string, got *api.PhoneNumber, body []byte, want api.PhoneNumber) {
	t.Helper()
	if got == nil || describe(*got) != describe(want) {
		t.Errorf("%s: got %s; want %s", call, bytes.TrimSpace(body), describe(want))
	}
}

// describe returns a description of a number. Two numbers have the same description only if they are equal.
func describe(n api.PhoneNumber) string {
	agent := "no agent"
	if n.AgentID != nil {
		agent = fmt.Sprintf("the agent %q", *n.AgentID)
	}
	return fmt.Sprintf("%q, %q, %q, %s", n.ID, n.Number, n.Type, agent)
}

func TestSearchDefaultsAndCountries(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		var forSale []string
		for i := range 20 {
			forSale = append(forSale, fmt.Sprintf("+1415555%04d", i), fmt.Sprintf("+4420794600%02d", i))
		}
		c := newServer(t, newDB(t), forSale...).client(t, "w")
		for name, test := range map[string]struct {
			request api.PhoneNumberSearchInput
			count   int
			first   string
		}{
			"five of the US":            {api.PhoneNumberSearchInput{Prefix: "4"}, 5, "+14155550000"},
			"ten at most":               {api.PhoneNumberSearchInput{Prefix: "415", Limit: pointer(10)}, 10, "+14155550000"},
			"a whole number":            {api.PhoneNumberSearchInput{Prefix: "4155550019", Country: pointer("us")}, 1, "+14155550019"},
			"GB with the trunk 0":       {api.PhoneNumberSearchInput{Prefix: "020", Country: pointer("gB"), Limit: pointer(2)}, 2, "+442079460000"},
			"GB without it":             {api.PhoneNumberSearchInput{Prefix: "20", Country: pointer("GB"), Limit: pointer(1)}, 1, "+442079460000"},
			"the prefix is an anchor":   {api.PhoneNumberSearchInput{Prefix: "555"}, 0, ""},
			"US digits do not reach GB": {api.PhoneNumberSearchInput{Prefix: "44"}, 0, ""},
		} {
			t.Run(name, func(t *testing.T) {
				got := searched(t, c, test.request)
				if len(got) != test.count {
					t.Fatalf("found %q; want %d numbers", got, test.count)
				}
				if test.count > 0 && got[0] != test.first {
					t.Errorf("found %q; want %s first", got, test.first)
				}
				if !slices.IsSorted(got) {
					t.Errorf("found %q; want them sorted", got)
				}
			})
		}
	})
}

// An id in a path is opaque. Whatever an unknown id contains, the response is a 404, and no other operation is called.
func TestOddIDsAreNotFound(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		n := create(t, s.client(t, "w"), api.Purchase(first))
		key := s.key(t, "w")
		for _, id := range []string{
			".", "..", "%2e%2e", "%2F", "..%2Fphone_numbers", "%00", "%20", "a%20b", "%ff", "%F0%9F%93%9E", "a,b", "a;b", "a:b", "*",
			strings.Repeat("x", 10_000), n.ID + "%20", n.ID + "%00", strings.ToUpper(n.ID) + "%2F", "{id}", "null", "search", "purchase",
		} {
			for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
				r := httptest.NewRequestWithContext(t.Context(), method, "/api/phone_numbers/x", strings.NewReader(`{"agentId":"a"}`))
				r.URL.Path, r.URL.RawPath = unescaped(t, "/api/phone_numbers/"+id), "/api/phone_numbers/"+id
				r.Header.Set("Authorization", "Bearer "+key)
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				s.handler.ServeHTTP(w, r)
				if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), `"not_found"`) {
					t.Errorf("%s %.60s: got %d %s; want 404 not_found", method, id, w.Code, w.Body)
				}
			}
		}
		got, err := s.client(t, "w").GetPhoneNumberWithResponse(t.Context(), n.ID)
		dbtest.Must(t, err)
		wantNumber(t, "get the number afterward", got.JSON200, got.Body, n)
	})
}
