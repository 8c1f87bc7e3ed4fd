package desired

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/time/rate"

	"github.com/vogent-community/phonenumbers/api/client"
)

// listing returns a client of a server that lists these numbers.
func listing(t *testing.T, numbers string) *client.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"data":[%s],"cursor":null}`, numbers)
	}))
	t.Cleanup(server.Close)
	c, err := client.New(client.WithAPIKey("key"), client.WithBaseURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Two SIP prefixes can differ only in the case of their letters. An exact match comes first.
func TestAPrefixIsFoundAsItIsWrittenOrInAnotherCase(t *testing.T) {
	const two = `{"id":"1","number":"Support","type":"SIP_USERNAME","agentId":"a"},{"id":"2","number":"support","type":"SIP_USERNAME","agentId":"b"}`
	one, _, _ := strings.Cut(two, ",{")
	for _, c := range []struct{ numbers, name, wants string }{
		{two, "support", "2"}, {two, "Support", "1"}, {two, "SUPPORT", ""}, {one, "SUPPORT", "1"}, {one, "other", ""},
	} {
		p, err := Compare(t.Context(), listing(t, c.numbers), File{Agents: State{c.name: "new"}})
		got := ""
		if err == nil {
			got = p.Changes[0].ID
		} else if mistakes, ok := errors.AsType[*Mistakes](err); !ok || !mistakes.NotFound {
			t.Errorf("%s of %s: got the error %v; want *Mistakes with NotFound", c.name, c.numbers, err)
		}
		if got != c.wants {
			t.Errorf("%s of %s: got the id %q; want %q", c.name, c.numbers, got, c.wants)
		}
	}
}

func TestANumberUnderTwoIDsIsRefused(t *testing.T) {
	const number = `{"id":"%s","number":"+14155550100","type":"PSTN","agentId":null}`
	twice := fmt.Sprintf(number, "1") + "," + fmt.Sprintf(number, "2")
	if _, err := Compare(t.Context(), listing(t, twice), File{Agents: State{"+14155550100": "a"}}); err == nil || !strings.Contains(err.Error(), "with the ids 1 and 2") {
		t.Errorf(`got the error %v; want "with the ids 1 and 2" in it`, err)
	}
	again := fmt.Sprintf(number, "1") + "," + fmt.Sprintf(number, "1") // as if the pages shifted meanwhile
	if p, err := Compare(t.Context(), listing(t, again), File{Agents: State{"+14155550100": "a"}}); err != nil || len(p.Changes) != 1 {
		t.Errorf("the plan is %+v, %v; want one change", p, err)
	}
}

func TestThePaceIsThatOfThePolicyWithLittleLeft(t *testing.T) {
	for _, c := range []struct {
		left, policies string
		want           rate.Limit
	}{
		{`"second";r=3;t=1, "day";r=9000;t=80000`, `"second";q=10;w=1, "day";q=10000;w=86400`, 10},
		{`"second";r=9;t=1, "day";r=9000;t=80000`, `"second";q=10;w=1, "day";q=10000;w=86400`, rate.Inf},
		{`"second";r=3;t=1, "day";r=2;t=80000`, `"second";q=10;w=1, "day";q=10000;w=10000`, 1},
		{`"second";r=3`, `"other";q=10;w=1`, rate.Inf},
		{`"second";r=3`, `"second";q=10;w=0`, rate.Inf},
		{`"second";r=3`, `"second`, rate.Inf},
		{``, `"second";q=10;w=1`, rate.Inf},
	} {
		p := NewPacer()
		p.Learn(http.Header{"Ratelimit": {c.left}, "Ratelimit-Policy": {c.policies}})
		if got := p.limiter.Limit(); got != c.want {
			t.Errorf("%s with %s: %g per second, want %g", c.left, c.policies, got, c.want)
		}
	}
}
