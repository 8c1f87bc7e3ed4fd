package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/vogent-community/phonenumbers/api/client"
)

// sessionAt is a session with a server that lists the numbers.
func sessionAt(t *testing.T, numbers string) *session {
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
	return &session{console: &console{out: io.Discard, err: io.Discard}, api: c}
}

// A server may tell SIP prefixes apart by the case of their letters: what is written exactly so comes first.
func TestAPrefixIsFoundAsItIsWrittenOrInAnotherCase(t *testing.T) {
	const two = `{"id":"1","number":"Support","type":"SIP_USERNAME","agentId":"a"},{"id":"2","number":"support","type":"SIP_USERNAME","agentId":"b"}`
	one, _, _ := strings.Cut(two, ",{")
	for _, c := range []struct{ numbers, name, wants string }{
		{two, "support", "2"}, {two, "Support", "1"}, {two, "SUPPORT", ""}, {one, "SUPPORT", "1"}, {one, "other", ""},
	} {
		p, err := sessionAt(t, c.numbers).plan(t.Context(), desiredFile{agents: desired{c.name: "new"}})
		got := ""
		if err == nil {
			got = p.changes[0].id
		}
		if got != c.wants || err != nil && exitCode(err) != exitNotFound {
			t.Errorf("%s of %s: id %q, %v; want %q", c.name, c.numbers, got, err, c.wants)
		}
	}
}

func TestANumberUnderTwoIDsIsRefused(t *testing.T) {
	const number = `{"id":"%s","number":"+14155550100","type":"PSTN","agentId":null}`
	twice := fmt.Sprintf(number, "1") + "," + fmt.Sprintf(number, "2")
	if _, err := sessionAt(t, twice).plan(t.Context(), desiredFile{agents: desired{"+14155550100": "a"}}); err == nil || !strings.Contains(err.Error(), "with the ids 1 and 2") {
		t.Error(err)
	}
	again := fmt.Sprintf(number, "1") + "," + fmt.Sprintf(number, "1") // a page that moved meanwhile
	if p, err := sessionAt(t, again).plan(t.Context(), desiredFile{agents: desired{"+14155550100": "a"}}); err != nil || len(p.changes) != 1 {
		t.Errorf("%v, %v", p, err)
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
		p := newPacer()
		p.learn(http.Header{"Ratelimit": {c.left}, "Ratelimit-Policy": {c.policies}})
		if got := p.limiter.Limit(); got != c.want {
			t.Errorf("%s with %s: %g per second, want %g", c.left, c.policies, got, c.want)
		}
	}
}

// A read that never ends, from a pipe that nobody closes, ends with the context.
func TestReadingAFileCanBeInterrupted(t *testing.T) {
	in, writer := io.Pipe()
	defer writer.Close() //nolint:errcheck // an io.PipeWriter's Close returns nil
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c := &console{in: in, out: &bytes.Buffer{}, err: &bytes.Buffer{}}
	if _, err := c.readDesired(ctx, "-"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
