package client_test

import (
	"net/http"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

func TestNoAgentFindsTheNumbersThatAreLinkedToNone(t *testing.T) {
	var query string
	c, err := client.New(client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			query = r.URL.RawQuery
			return next.RoundTrip(r)
		})
	}))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, number := range []string{"+12065550100", "+12065550101"} {
		n, err := c.Buy(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Delete(t.Context(), n.ID) //nolint:errcheck // the server ends with the tests
		ids = append(ids, n.ID)
	}
	if _, err := c.Link(t.Context(), ids[0], "agent_1"); err != nil {
		t.Fatal(err)
	}
	page, err := c.List(t.Context(), api.ListPhoneNumbersParams{AgentID: api.NoAgent()})
	if err != nil {
		t.Fatal(err)
	}
	if query != "agentId=" {
		t.Errorf("the query is %q; want agentId=", query)
	}
	if len(page.Data) != 1 {
		t.Fatalf("the list is %+v; want one number", page.Data)
	}
	if got := page.Data[0]; got.ID != ids[1] {
		t.Errorf("the list has the id %s; want %s, which is linked to no agent", got.ID, ids[1])
	}
	if agent := page.Data[0].AgentID; agent != nil {
		t.Errorf("the number is linked to %q; want no agent", *agent)
	}
}
