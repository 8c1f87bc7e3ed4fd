package rest_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client/raw"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// listed returns the PhoneNumber.Number of each number on all pages.
func listed(t *testing.T, c *raw.ClientWithResponses, params api.ListPhoneNumbersParams) []string {
	t.Helper()
	numbers := []string{}
	for _, n := range everyNumber(t, c, params) {
		numbers = append(numbers, n.Number)
	}
	return numbers
}

// everyNumber reads all pages of a list.
func everyNumber(t *testing.T, c *raw.ClientWithResponses, params api.ListPhoneNumbersParams) (numbers []api.PhoneNumber) {
	t.Helper()
	for {
		answer, err := c.ListPhoneNumbersWithResponse(t.Context(), &params)
		dbtest.Must(t, err)
		if answer.JSON200 == nil {
			t.Fatalf("list: got %d %s; want 200", answer.StatusCode(), answer.Body)
		}
		numbers = append(numbers, answer.JSON200.Data...)
		if params.Cursor = answer.JSON200.Cursor; params.Cursor == nil {
			return numbers
		}
	}
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		c := newServer(t, newDB(t), first, second).client(t, "w")
		bought := create(t, c, api.Purchase(first))
		create(t, c, api.Purchase(second))
		create(t, c, sipImport(third))
		create(t, c, vogentSIP("Support"))
		if _, err := c.UpdatePhoneNumberWithResponse(t.Context(), bought.ID, api.UpdatePhoneNumberInput{AgentID: api.LinkAgent("a")}); err != nil {
			t.Fatal(err)
		}
		for name, test := range map[string]struct {
			params api.ListPhoneNumbersParams
			want   []string
		}{
			"all, oldest first":    {api.ListPhoneNumbersParams{}, []string{first, second, third, "Support"}},
			"pages of one":         {api.ListPhoneNumbersParams{Limit: pointer(1)}, []string{first, second, third, "Support"}},
			"pages of three":       {api.ListPhoneNumbersParams{Limit: pointer(3)}, []string{first, second, third, "Support"}},
			"a page of just all":   {api.ListPhoneNumbersParams{Limit: pointer(4)}, []string{first, second, third, "Support"}},
			"limit above the most": {api.ListPhoneNumbersParams{Limit: pointer(1_000_000)}, []string{first, second, third, "Support"}},
			"number":               {api.ListPhoneNumbersParams{Number: pointer(second)}, []string{second}},
			"number of nobody":     {api.ListPhoneNumbersParams{Number: pointer("+14155559999")}, []string{}},
			"SIP prefix":           {api.ListPhoneNumbersParams{Number: pointer("sUPPORT")}, []string{"Support"}},
			"agent":                {api.ListPhoneNumbersParams{AgentID: pointer("a")}, []string{first}},
			"no agent":             {api.ListPhoneNumbersParams{AgentID: pointer("")}, []string{second, third, "Support"}},
			"no agent, pages of 1": {api.ListPhoneNumbersParams{AgentID: pointer(""), Limit: pointer(1)}, []string{second, third, "Support"}},
			"type":                 {api.ListPhoneNumbersParams{Type: pointer(api.SIPUsername)}, []string{"Support"}},
			"type and no agent":    {api.ListPhoneNumbersParams{Type: pointer(api.PSTN), AgentID: pointer("")}, []string{second, third}},
			"number and agent":     {api.ListPhoneNumbersParams{Number: pointer(first), AgentID: pointer("b")}, []string{}},
		} {
			t.Run(name, func(t *testing.T) {
				if got := listed(t, c, test.params); !slices.Equal(got, test.want) {
					t.Errorf("listed %q; want %q", got, test.want)
				}
			})
		}
	})
}

func TestAListPageHoldsNoMoreThanDocumented(t *testing.T) {
	t.Parallel()
	limit := spectest.Load(t).Operation(t, "listPhoneNumbers").Parameter("query", "limit")
	most, ok := limit.Extensions["x-clamp"].(float64)
	if !ok {
		t.Fatal("openapi.yaml has no x-clamp at the limit of listPhoneNumbers")
	}
	standard, ok := limit.Schema.Value.Default.(float64)
	if !ok {
		t.Fatal("openapi.yaml has no default of the limit of listPhoneNumbers")
	}
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t))
		c := s.client(t, "w")
		for i := range int(most) + 1 {
			create(t, c, sipImport(fmt.Sprintf("+1415%07d", i)))
		}
		for limit, want := range map[int]int{0: int(standard), int(most): int(most), 5 * int(most): int(most)} {
			params := api.ListPhoneNumbersParams{Limit: &limit}
			if limit == 0 {
				params.Limit = nil
			}
			answer, err := c.ListPhoneNumbersWithResponse(t.Context(), &params)
			dbtest.Must(t, err)
			if answer.JSON200 == nil {
				t.Fatalf("limit %d: got %d %s; want 200", limit, answer.StatusCode(), answer.Body)
			}
			if got := len(answer.JSON200.Data); got != want {
				t.Errorf("listPhoneNumbers: query limit: got %d numbers for the limit %d (0: none), want %d by its default or x-clamp", got, limit, want)
			}
			if answer.JSON200.Cursor == nil {
				t.Errorf("limit %d: got no cursor, want one", limit)
			}
		}
		if got := listed(t, c, api.ListPhoneNumbersParams{Limit: pointer(7)}); len(got) != int(most)+1 || !slices.IsSorted(got) {
			t.Errorf("all pages have %d numbers, sorted %t; want %d, sorted", len(got), slices.IsSorted(got), int(most)+1)
		}
	})
}
