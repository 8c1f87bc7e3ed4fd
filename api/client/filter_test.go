package client_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
)

func TestNoAgentFindsTheNumbersThatAreLinkedToNone(t *testing.T) {
	t.Parallel()
	srv := apitest.NewServer(t, apitest.WithSeed(control.Seed{Numbers: []control.SeedNumber{
		{Number: "+12065550100", AgentID: "agent_1"}, {ID: id, Number: "+12065550101"},
	}}))
	page, err := srv.Client().List(t.Context(), api.ListPhoneNumbersParams{AgentID: api.NoAgent()})
	if err != nil {
		t.Fatal(err)
	}
	if query := srv.Requests()[0].Query; query != "agentId=" {
		t.Errorf("the query is %q; want agentId=", query)
	}
	if want := []api.PhoneNumber{{ID: id, Number: "+12065550101", Type: api.PSTN}}; !slices.Equal(page.Data, want) {
		t.Errorf("the list is %+v; want %+v", page.Data, want)
	}
}

// The hosted API documents no filter. It may ignore a filter, or refuse it as unknown.
func TestGetByNumberAndAllWorkWithoutAFilter(t *testing.T) {
	first := pageOf("2", like(`{"id":"1","number":"+14155550101","type":"PSTN","agentId":"agent_1"}`))
	second := pageOf("", like(`{"id":"2","number":"Support","type":"SIP_USERNAME","agentId":null}`), owned)
	for _, refuses := range []bool{false, true} {
		c := newClientAt(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case refuses && (r.URL.Query().Has("number") || r.URL.Query().Has("agentId") || r.URL.Query().Has("type")):
				answer(w, http.StatusBadRequest, `{"code":"bad_request","message":"unknown parameter"}`)
			case r.URL.Query().Get("cursor") == "2":
				answer(w, http.StatusOK, second)
			default:
				answer(w, http.StatusOK, first)
			}
		})
		for wanted, wantID := range map[string]string{number: id, "sUPPORT": "2", "+14155550101": "1", "+14155550199": "", "1": ""} {
			n, err := c.GetByNumber(t.Context(), wanted)
			var want error
			if wantID == "" {
				want = client.ErrNotFound
			}
			checkErrorIs(t, fmt.Sprintf("refuses: %t: %s", refuses, wanted), err, want)
			if n.ID != wantID {
				t.Errorf("refuses: %t: %s is %+v; want id %q", refuses, wanted, n, wantID)
			}
		}
		for _, filter := range []struct {
			params api.ListPhoneNumbersParams
			want   []string
		}{
			{api.ListPhoneNumbersParams{AgentID: new("agent_1")}, []string{"1"}},
			{api.ListPhoneNumbersParams{AgentID: api.NoAgent()}, []string{"2", id}},
			{api.ListPhoneNumbersParams{Type: new(api.SIPUsername)}, []string{"2"}},
			{api.ListPhoneNumbersParams{Type: new(api.PSTN), AgentID: api.NoAgent()}, []string{id}},
			{api.ListPhoneNumbersParams{}, []string{"1", "2", id}},
		} {
			var got []string
			for n, err := range c.All(t.Context(), filter.params) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, n.ID)
			}
			if !slices.Equal(got, filter.want) {
				t.Errorf("refuses: %t: ids are %v; want %v", refuses, got, filter.want)
			}
		}
	}
}
