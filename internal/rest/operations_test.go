package rest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client/raw"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

const (
	first  = "+14155550100"
	second = "+14155550101"
	third  = "+14165550100"
)

// create makes a number and ends the test if that is not possible.
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

// listed returns the numbers of all pages, as they stand in PhoneNumber.Number.
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

// wantNumber fails the test unless a response is a 200 with the number. The call is for the message.
func wantNumber(t *testing.T, call string, got *api.PhoneNumber, body []byte, want api.PhoneNumber) {
	t.Helper()
	if got == nil || describe(*got) != describe(want) {
		t.Errorf("%s: got %s; want %s", call, bytes.TrimSpace(body), describe(want))
	}
}

// describe returns what a number is; it is equal for equal numbers only.
func describe(n api.PhoneNumber) string {
	agent := "no agent"
	if n.AgentID != nil {
		agent = fmt.Sprintf("the agent %q", *n.AgentID)
	}
	return fmt.Sprintf("%q, %q, %q, %s", n.ID, n.Number, n.Type, agent)
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

// requestIDs are the only difference between two answers that must be the same.
var requestIDs = regexp.MustCompile(`"requestId":"[^"]*"`)

func TestWorkspacesNeverSeeEachOther(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first, second)
		mine, theirs := s.client(t, "mine"), s.client(t, "theirs")
		own := []api.PhoneNumber{create(t, mine, sipImport(third)), create(t, mine, vogentSIP("mine"))}
		n := create(t, theirs, api.Purchase(first))
		create(t, theirs, vogentSIP("theirs"))
		if _, err := theirs.UpdatePhoneNumberWithResponse(t.Context(), n.ID, api.UpdatePhoneNumberInput{AgentID: api.LinkAgent("shared")}); err != nil {
			t.Fatal(err)
		}

		t.Run("list", func(t *testing.T) {
			for name, params := range map[string]api.ListPhoneNumbersParams{
				"number": {Number: pointer(first)}, "SIP prefix": {Number: pointer("theirs")}, "agent": {AgentID: pointer("shared")},
			} {
				if got := listed(t, mine, params); len(got) > 0 {
					t.Errorf("%s: listed %q; want none", name, got)
				}
			}
			if got := listed(t, mine, api.ListPhoneNumbersParams{}); !slices.Equal(got, []string{third, "mine"}) {
				t.Errorf("listed %q; want %q", got, []string{third, "mine"})
			}
			page, err := theirs.ListPhoneNumbersWithResponse(t.Context(), &api.ListPhoneNumbersParams{Limit: pointer(1)})
			dbtest.Must(t, err)
			if page.JSON200 == nil || page.JSON200.Cursor == nil {
				t.Fatalf("their first page is %d %s; want a cursor", page.StatusCode(), page.Body)
			}
			if got := listed(t, mine, api.ListPhoneNumbersParams{Cursor: page.JSON200.Cursor}); slices.Contains(got, first) || slices.Contains(got, "theirs") {
				t.Errorf("with their cursor listed %q; want none of their numbers", got)
			}
		})

		t.Run("an id of another workspace gets the same response as an unknown one", func(t *testing.T) {
			const missing = "019daa80-7c00-7000-8000-000000000001"
			link := api.UpdatePhoneNumberInput{AgentID: api.LinkAgent("a")}
			for name, call := range map[string]func(id string) (int, []byte){
				"get": func(id string) (int, []byte) {
					r, err := mine.GetPhoneNumberWithResponse(t.Context(), id)
					if err != nil {
						t.Fatal(err)
					}
					return r.StatusCode(), r.Body
				},
				"update": func(id string) (int, []byte) {
					r, err := mine.UpdatePhoneNumberWithResponse(t.Context(), id, link)
					if err != nil {
						t.Fatal(err)
					}
					return r.StatusCode(), r.Body
				},
				"update that changes nothing": func(id string) (int, []byte) {
					r, err := mine.UpdatePhoneNumberWithResponse(t.Context(), id, api.UpdatePhoneNumberInput{})
					if err != nil {
						t.Fatal(err)
					}
					return r.StatusCode(), r.Body
				},
				"delete": func(id string) (int, []byte) {
					r, err := mine.DeletePhoneNumberWithResponse(t.Context(), id)
					if err != nil {
						t.Fatal(err)
					}
					return r.StatusCode(), r.Body
				},
			} {
				foreignStatus, foreign := call(n.ID)
				missingStatus, none := call(missing)
				_, malformed := call("no-id")
				if foreignStatus != http.StatusNotFound {
					t.Errorf("%s: the status for their id is %d; want 404", name, foreignStatus)
				}
				if missingStatus != http.StatusNotFound {
					t.Errorf("%s: the status for an unknown id is %d; want 404", name, missingStatus)
				}
				a, b, c := requestIDs.ReplaceAllString(string(foreign), ""), requestIDs.ReplaceAllString(string(none), ""), requestIDs.ReplaceAllString(string(malformed), "")
				if a != b {
					t.Errorf("%s: the body for their id is %s; want that for an unknown id, %s", name, a, b)
				}
				if c != b {
					t.Errorf("%s: the body for a malformed id is %s; want that for an unknown id, %s", name, c, b)
				}
				if !strings.Contains(b, string(api.CodeNotFound)) {
					t.Errorf("%s: the body for an unknown id is %s; want %s", name, b, api.CodeNotFound)
				}
			}
		})

		t.Run("a number that is owned is unavailable in the same words to its owner and to others", func(t *testing.T) {
			var texts []string
			for _, c := range []*raw.ClientWithResponses{mine, theirs} {
				for _, r := range []api.CreatePhoneNumberInput{api.Purchase(first), sipImport(first), api.Purchase("+14155559999")} {
					answer, err := c.CreatePhoneNumberWithResponse(t.Context(), nil, r)
					dbtest.Must(t, err)
					if answer.StatusCode() != http.StatusUnprocessableEntity {
						t.Fatalf("got %d %s; want 422", answer.StatusCode(), answer.Body)
					}
					texts = append(texts, requestIDs.ReplaceAllString(string(answer.Body), ""))
				}
			}
			if slices.Sort(texts); texts[0] != texts[len(texts)-1] {
				t.Errorf("the bodies are %q; want the same for all", texts)
			}
			if !strings.Contains(texts[0], string(api.CodeNumberUnavailable)) {
				t.Errorf("the body is %s; want %s", texts[0], api.CodeNumberUnavailable)
			}
		})

		if got := searched(t, mine, api.PhoneNumberSearchInput{Prefix: "415"}); !slices.Equal(got, []string{second}) {
			t.Errorf("found %q; want %q: what others own is not for sale", got, []string{second})
		}
		for _, n := range own {
			got, err := mine.GetPhoneNumberWithResponse(t.Context(), n.ID)
			dbtest.Must(t, err)
			wantNumber(t, "get my number", got.JSON200, got.Body, n)
		}
		n.AgentID = pointer("shared")
		got, err := theirs.GetPhoneNumberWithResponse(t.Context(), n.ID)
		dbtest.Must(t, err)
		wantNumber(t, "get their number", got.JSON200, got.Body, n)
	})
}

func TestOneOfManyRivalsGetsANumber(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		const rivals, rounds = 32, 5
		clients := make([]*raw.ClientWithResponses, rivals)
		for i := range clients {
			clients[i] = s.client(t, fmt.Sprintf("workspace %d", i%2))
		}
		for name, test := range map[string]struct {
			request func(rival int) api.CreatePhoneNumberInput
			lost    api.ProblemCode
		}{
			"purchase":   {func(int) api.CreatePhoneNumberInput { return api.Purchase(first) }, api.CodeNumberUnavailable},
			"sip_import": {func(int) api.CreatePhoneNumberInput { return sipImport(third) }, api.CodeNumberUnavailable},
			"SIP prefix in two spellings": {func(rival int) api.CreatePhoneNumberInput {
				return vogentSIP([]string{"Support", "sUPPORT"}[rival%2])
			}, api.CodeSIPPrefixTaken},
		} {
			t.Run(name, func(t *testing.T) {
				for range rounds {
					answers := make([]*raw.CreatePhoneNumberResponse, rivals)
					start := make(chan struct{})
					var race sync.WaitGroup
					for i, c := range clients {
						race.Go(func() {
							<-start
							var err error
							if answers[i], err = c.CreatePhoneNumberWithResponse(t.Context(), nil, test.request(i)); err != nil {
								t.Error(err)
							}
						})
					}
					close(start)
					race.Wait()

					winner := -1
					for i, answer := range answers {
						switch {
						case answer == nil:
							t.Fatal("a rival has no answer")
						case answer.JSON200 != nil && winner < 0:
							winner = i
						case answer.JSON200 != nil:
							t.Errorf("rivals %d and %d got the number; want one of them", winner, i)
						case answer.ApplicationProblemJSON422 == nil || answer.ApplicationProblemJSON422.Code != test.lost:
							t.Errorf("a rival that lost got %s; want 422 %s", answer.Body, test.lost)
						}
					}
					if winner < 0 {
						t.Fatal("no rival got the number; want one")
					}
					if _, err := clients[winner].DeletePhoneNumberWithResponse(t.Context(), answers[winner].JSON200.ID); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	})
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

// The published call, word for word but for the host, the key and the id.
func TestThePublishedUpdateCall(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		n := create(t, s.client(t, "w"), api.Purchase(first))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url+"/api/phone_numbers/"+n.ID, strings.NewReader(`{"agentId": "agent_1"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.key(t, "w"))
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err := answer.Body.Close(); err != nil {
			t.Error(err)
		}
		dbtest.Must(t, err)
		if answer.StatusCode != http.StatusOK {
			t.Errorf("the status is %d; want 200", answer.StatusCode)
		}
		want := fmt.Sprintf(`{"id":%q,"number":%q,"type":"PSTN","agentId":"agent_1"`, n.ID, first) // then members of our own, if any
		if !strings.HasPrefix(string(body), want) {
			t.Errorf("the body is %s; want %s", body, want)
		}
	})
}

// The published create call has all three objects, with "<string>" in each member. What a user fills in is the object that
// matches the type.
func TestThePublishedCreateCall(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		apiKey := s.key(t, "w")
		const (
			purchase  = `"purchase":{"number":"<string>"}`
			sipImport = `"sipImport":{"phoneNumber":"<string>","terminationUri":"<string>","username":"<string>","password":"<string>"}`
			vogentSIP = `"vogentSip":{"sipPrefix":"<string>","username":"<string>","password":"<string>"}`
		)
		for createType, test := range map[string]struct{ object, filled, number string }{
			"purchase": {purchase, `"purchase":{"number":"` + first + `"}`, first},
			"sip_import": {
				sipImport, `"sipImport":{"phoneNumber":"` + third + `","terminationUri":"sip.example.com","username":"u","password":"p"}`, third,
			},
			"vogent_sip": {vogentSIP, `"vogentSip":{"sipPrefix":"support","username":"caller","password":"12345"}`, "support"},
		} {
			published := `{"type":"` + createType + `",` + purchase + `,` + sipImport + `,` + vogentSIP + `}`
			wantAnswer(t, mustPost(t, s.createURL(), apiKey, published), http.StatusUnprocessableEntity, api.CodeValidationFailed, "")

			body := strings.Replace(published, test.object, test.filled, 1)
			made := mustPost(t, s.createURL(), apiKey, body, createType)
			wantAnswer(t, made, http.StatusOK, "", "false")
			if !strings.Contains(made.body, `"number":"`+test.number+`"`) {
				t.Errorf("%s: got %v; want the number %s", createType, made, test.number)
			}
			wantAnswer(t, mustPost(t, s.createURL(), apiKey, body, createType), http.StatusOK, "", "true")
			another := strings.ReplaceAll(body, "<string>", "<other>")
			wantAnswer(t, mustPost(t, s.createURL(), apiKey, another, createType), http.StatusUnprocessableEntity, api.CodeIdempotencyKeyReused, "false")
		}
	})
}

// Nobody looks at the values in an object that does not match the type, but it has the documented shape.
func TestTheOtherObjectsOfCreateHaveTheDocumentedShape(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		apiKey := s.key(t, "w")
		for name, test := range map[string]struct{ object, pointer string }{
			"an unknown member":        {`"sipImport":{"name":"x"}`, "/sipImport/name"},
			"a value of another type":  {`"vogentSip":{"sipPrefix":5}`, "/vogentSip/sipPrefix"},
			"null in the object":       {`"vogentSip":{"sipPrefix":null}`, "/vogentSip/sipPrefix"},
			"no object":                {`"sipImport":"<string>"`, "/sipImport"},
			"a member in another case": {`"sipImport":{"Username":"x"}`, "/sipImport/Username"},
		} {
			a := mustPost(t, s.createURL(), apiKey, strings.TrimSuffix(purchaseBody(first), "}")+","+test.object+"}")
			wantAnswer(t, a, http.StatusBadRequest, api.CodeInvalidRequest, "")
			if !strings.Contains(a.body, `"pointer":"`+test.pointer+`"`) {
				t.Errorf("%s: got %v; want the pointer %s", name, a, test.pointer)
			}
		}
		for _, object := range []string{`"sipImport":{}`, `"sipImport":null`, `"vogentSip":{"sipPrefix":""}`} {
			body := strings.TrimSuffix(purchaseBody(second), "}") + "," + object + "}" // not for sale: nothing is made
			wantAnswer(t, mustPost(t, s.createURL(), apiKey, body), http.StatusUnprocessableEntity, api.CodeNumberUnavailable, "")
		}
	})
}

// An id in a path is opaque: whatever it is, it is a 404 and never another operation.
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
