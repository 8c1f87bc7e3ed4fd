package numbers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/cli/changes"
	"github.com/vogent-community/phonenumbers/internal/cli/clitest"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
)

// hosted is a server that does not filter its list. It owns numbers that are linked to the agent "before".
type hosted struct {
	numbers int
	answer  clitest.Stub // the response to a change

	mu                     sync.Mutex
	lists, changes, atOnce int // atOnce is the most changes that were under way at the same time
	underWay               int
}

func (h *hosted) number(i int) api.PhoneNumber {
	return api.PhoneNumber{ID: fmt.Sprint("id-", i), Number: fmt.Sprintf("+1415555%04d", i), Type: api.PSTN, AgentID: new("before")}
}

func (h *hosted) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		return h.list(r)
	}
	h.mu.Lock()
	h.changes++
	h.underWay++
	h.atOnce = max(h.atOnce, h.underWay)
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		h.underWay--
		h.mu.Unlock()
	}()
	return h.answer.RoundTrip(r)
}

// list responds with a page of a hundred numbers.
func (h *hosted) list(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.lists++
	h.mu.Unlock()
	_, header := h.answer("")
	if header == nil {
		header = http.Header{}
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	var page api.PhoneNumberPage
	for i := from; i < min(from+100, h.numbers); i++ {
		page.Data = append(page.Data, h.number(i))
	}
	if from+100 < h.numbers {
		page.Cursor = new(fmt.Sprint(from + 100))
	}
	body, err := json.Marshal(page)
	header.Set("Content-Type", "application/json")
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, err
}

// edited is the outcome of an edit.
type edited struct {
	err            error
	stdout, stderr bytes.Buffer
}

func (e *edited) rows() int { return strings.Count(e.stdout.String(), "\n") }

// checkFailure checks the exit code of an error, and fails the test if there is none.
func checkFailure(t *testing.T, err error, code int) {
	t.Helper()
	if err == nil {
		t.Fatal("got no error; want one")
	}
	if got := failures.ExitCode(err); got != code {
		t.Errorf("the exit code of %v is %d; want %d", err, got, code)
	}
}

// checkCount checks how many of something there are.
func checkCount(t *testing.T, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("got %d %s; want %d", got, what, want)
	}
}

// edit runs link, unlink or delete. It must be called in a synctest bubble, where waiting takes no time.
func (h *hosted) edit(t *testing.T, verb string, asJSON bool, names []string) *edited {
	t.Helper()
	c, err := client.New(client.WithAPIKey("key"), client.WithHTTPClient(&http.Client{Transport: h}))
	if err != nil {
		t.Fatal(err)
	}
	e := new(edited)
	s := &session{&account.Session{Console: &console.Console{In: strings.NewReader(""), Out: &e.stdout, Err: &e.stderr, JSON: asJSON}, API: c}}
	e.err = s.edit(t.Context(), names, map[string]edit{
		"link": s.linking("a"), "link again": s.linking("before"), "unlink": s.unlinking(), "delete": s.deleting(),
	}[verb], changes.Consent{Yes: true})
	return e
}

// names returns names for the first n numbers. Every third number is named by its id, and some numbers are named twice.
func (h *hosted) names(n int) (names []string) {
	for i := range n {
		number := h.number(i)
		if i%3 == 0 {
			names = append(names, number.ID)
		}
		if i%3 != 0 || i%2 == 0 {
			names = append(names, number.Number)
		}
	}
	return names
}

func succeed(string) (int, http.Header) { return http.StatusOK, nil }
