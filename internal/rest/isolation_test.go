package rest_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client/raw"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// requestIDs matches the request ids, the only difference between two responses that must otherwise be the same.
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
