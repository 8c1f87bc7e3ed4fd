package numbers

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/console"
)

// With a limit, the command requests no page that it does not need and, without a filter, no number that it does not need. If a
// server does not filter, as the hosted one does not, the command does not request its numbers one by one.
func TestALimitAsksForNoMorePagesThanItNeeds(t *testing.T) {
	linked := api.ListPhoneNumbersParams{AgentID: new("agent_9")} // every tenth number
	for _, c := range []struct {
		limit, owned int
		filter       api.ListPhoneNumbersParams
		rows         int
		pages        []string // the sizes that the command requests
	}{
		{0, 250, api.ListPhoneNumbersParams{}, 250, []string{"", "", ""}},
		{1, 250, api.ListPhoneNumbersParams{}, 1, []string{"1"}},
		{100, 250, api.ListPhoneNumbersParams{}, 100, []string{"100"}},
		{250, 250, api.ListPhoneNumbersParams{}, 250, []string{"250"}},
		{300, 250, api.ListPhoneNumbersParams{}, 250, []string{"300"}},
		{1000, 2500, api.ListPhoneNumbersParams{}, 1000, []string{"1000"}},
		{1001, 2500, api.ListPhoneNumbersParams{}, 1001, []string{"1000", "1000"}},
		{2000, 2500, api.ListPhoneNumbersParams{}, 2000, []string{"1000", "1000"}},
		{1, 2500, linked, 1, []string{"100"}},
		{11, 2500, linked, 11, []string{"100", "100"}},
		{150, 2500, linked, 150, []string{"150", "150", "150", "150", "150", "150", "150", "150", "150", "150"}},
		{5000, 2500, linked, 250, []string{"1000", "1000", "1000"}},
	} {
		var asked []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.Query().Get("limit"))
			size, start := 100, 0
			if limit := r.URL.Query().Get("limit"); limit != "" {
				size, _ = strconv.Atoi(limit)
			}
			if cursor := r.URL.Query().Get("cursor"); cursor != "" {
				start, _ = strconv.Atoi(cursor)
			}
			end, cursor := min(start+size, c.owned), "null"
			if end < c.owned {
				cursor = strconv.Quote(strconv.Itoa(end))
			}
			var numbers []string
			for i := start; i < end; i++ {
				numbers = append(numbers, fmt.Sprintf(`{"id":"%d","number":"+1212%07d","type":"PSTN","agentId":"agent_%d"}`, i, i, i%10))
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"data":[%s],"cursor":%s}`, strings.Join(numbers, ","), cursor)
		}))
		api, err := client.New(client.WithAPIKey("key"), client.WithBaseURL(server.URL))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		s := &session{&account.Session{Console: &console.Console{Out: &out, Err: io.Discard}, API: api}}
		err = s.list(t.Context(), c.filter, numberColumns, c.limit)
		server.Close()
		name := fmt.Sprintf("%d of %d, filtered %t", c.limit, c.owned, c.filter == linked)
		if err != nil {
			t.Errorf("%s: got the error %v; want none", name, err)
		}
		if rows := strings.Count(out.String(), "\n"); rows != c.rows {
			t.Errorf("%s: got %d rows; want %d", name, rows, c.rows)
		}
		if !slices.Equal(asked, c.pages) {
			t.Errorf("%s: asked for pages of %q; want %q", name, asked, c.pages)
		}
	}
}
