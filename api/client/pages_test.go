package client_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
)

func TestAllStopsWhereCursorsGoRoundInACircle(t *testing.T) {
	for _, circle := range []string{"a", "ab", "abc", "xyabcdefg", "xxx"} {
		pages := 0
		c := inBubble(t, func(r *http.Request) (*http.Response, error) {
			next := circle[min(pages, len(circle)-1)]
			if from := r.URL.Query().Get("cursor"); pages >= len(circle) {
				next = circle[len(circle)-1]
				if i := strings.LastIndex(circle[:len(circle)-1], from); i >= 0 {
					next = circle[i+1]
				}
			}
			if pages++; pages > 100 {
				t.Fatal("it does not stop")
			}
			return reply(200, nil, pageOf(string(next), owned)), nil
		})
		var last error
		for _, err := range c.All(t.Context(), api.ListPhoneNumbersParams{}) {
			last = err
		}
		checkErrorSays(t, circle, last, "repeated a cursor")
		if most := 4*len(circle) + 2; pages > most {
			t.Errorf("%s: read %d pages; want %d at most", circle, pages, most)
		}
	}
}

func TestAllReadsPageAfterPageUntilTheLoopOrTheContextEnds(t *testing.T) {
	var asked []string
	c := inBubble(t, func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.RawQuery)
		next := map[string]string{"": "p/2", "p/2": "p3", "p3": ""}[r.URL.Query().Get("cursor")]
		return reply(200, nil, pageOf(next, owned, owned)), nil
	})
	count := func(ctx context.Context, stopAfter int) (n int, last error) {
		asked = nil
		for _, err := range c.All(ctx, api.ListPhoneNumbersParams{Limit: new(2), AgentID: api.NoAgent()}) {
			if last = err; err != nil {
				continue
			}
			if n++; n == stopAfter {
				break
			}
		}
		return n, last
	}
	queries := []string{"limit=2&agentId=", "limit=2&cursor=p%2F2&agentId=", "limit=2&cursor=p3&agentId="}
	for _, test := range []struct {
		stopAfter, numbers int
		asked              []string
	}{{-1, 6, queries}, {2, 2, queries[:1]}} {
		n, err := count(t.Context(), test.stopAfter)
		if err != nil {
			t.Errorf("a loop that stops after %d: %v", test.stopAfter, err)
		}
		if n != test.numbers {
			t.Errorf("a loop that stops after %d: got %d numbers; want %d", test.stopAfter, n, test.numbers)
		}
		if !slices.Equal(asked, test.asked) {
			t.Errorf("a loop that stops after %d: asked for %q; want %q", test.stopAfter, asked, test.asked)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range c.All(ctx, api.ListPhoneNumbersParams{}) {
		if n++; n == 1 {
			cancel()
			continue
		}
		checkErrorIs(t, "after the context ended", err, context.Canceled)
		if n > 2 {
			t.Errorf("after the context ended: turn %d of the loop; want 2 at most", n)
		}
	}
}
