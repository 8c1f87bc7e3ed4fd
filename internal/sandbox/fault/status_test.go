package fault_test

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// An error has the same bytes as if the server sent it, except for the name of the fault. This holds for every status of an
// error in openapi.yaml.
func TestAnErrorWithoutABodyIsTheErrorOfTheServer(t *testing.T) {
	t.Parallel()
	statuses := map[int]bool{}
	for _, op := range spectest.Load(t).Operations {
		for text := range op.Responses.Map() {
			if status, err := strconv.Atoi(text); err == nil && status >= 400 {
				statuses[status] = true
			}
		}
	}
	if len(statuses) < 9 {
		t.Fatalf("openapi.yaml has the error statuses %v; want 9 or more", statuses)
	}
	for status := range statuses {
		s := startSandbox(t, control.Fault{Name: "broken", Status: status, Times: 1})
		made := s.send(t, thenClose(get("/api/phone_numbers/1")))
		s.wantWork(t, 0, status)
		body := parse(t, made).body
		var problem api.Problem
		if err := json.Unmarshal([]byte(body), &problem); err != nil {
			t.Fatalf("the body for %d is %q: %v; want a problem document", status, body, err)
		}
		want := s.send(t, thenClose(get("/api/phone_numbers/"+string(problem.Code))))
		const name = "Phonenumbers-Fault: broken\r\n"
		if !strings.Contains(made, name) {
			t.Errorf("received %q; want %q in it", made, name)
		}
		if made = strings.Replace(made, name, "", 1); made != want {
			t.Errorf("received %q; want %q", made, want)
		}
	}
}

func TestAStatusHasItsHeadersAndItsBody(t *testing.T) {
	t.Parallel()
	const outside, last = "From-Outside: kept\r\nPhonenumbers-Fault: fault-1\r\n", "X-Request-Id: id-1\r\n"
	for name, c := range map[string]struct {
		fault control.Fault
		want  string
	}{
		"a body": {
			control.Fault{Status: 502, Body: "<h1>é</h1>"},
			"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html; charset=utf-8\r\n" + outside + last +
				"Content-Length: 11\r\nConnection: close\r\n\r\n<h1>é</h1>",
		},
		"a body with a type": {
			control.Fault{Status: 500, Body: "{}", Headers: map[string]string{"content-type": "application/json"}},
			"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n" + outside + last +
				"Content-Length: 2\r\nConnection: close\r\n\r\n{}",
		},
		"no body, for a status that the server does not send": {
			control.Fault{Status: 403, Headers: map[string]string{"X-Cache": "miss"}},
			"HTTP/1.1 403 Forbidden\r\n" + outside + "X-Cache: miss\r\n" + last + "Content-Length: 0\r\nConnection: close\r\n\r\n",
		},
		"no body, for a status that has none": {
			control.Fault{Status: 204},
			"HTTP/1.1 204 No Content\r\n" + outside + last + "Connection: close\r\n\r\n",
		},
		"a success": {
			control.Fault{Status: 200, Body: "not JSON"},
			"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n" + outside + last +
				"Content-Length: 8\r\nConnection: close\r\n\r\nnot JSON",
		},
	} {
		s := startSandbox(t, c.fault)
		if got := s.send(t, thenClose(purchase)); got != c.want {
			t.Errorf("%s: received %q; want %q", name, got, c.want)
		}
		s.wantWork(t, 0, c.fault.Status)
	}
}

func TestAHeaderReplacesThatOfTheServer(t *testing.T) {
	t.Parallel()
	s := startSandbox(t, control.Fault{Status: 429, Headers: map[string]string{"retry-after": "17"}})
	r := parse(t, s.send(t, thenClose(purchase)))
	if got := r.header.Values("Retry-After"); len(got) != 1 || got[0] != "17" {
		t.Errorf("Retry-After is %q; want 17", got)
	}
}

func TestAStatusAfterTheWorkHasNothingOfTheRealResponse(t *testing.T) {
	t.Parallel()
	s := startSandbox(t, control.Fault{Status: 503, AfterWork: true})
	r := parse(t, s.send(t, thenClose(purchase)))
	if r.status != 503 {
		t.Errorf("the status is %d; want 503", r.status)
	}
	if strings.Contains(r.body, "+14155550100") {
		t.Errorf("the body is %q; want no number in it", r.body)
	}
	if got := r.header.Get("Idempotent-Replayed"); got != "" {
		t.Errorf("Idempotent-Replayed is %q; want none", got)
	}
	s.wantWork(t, 1, 503)
}

func TestAnErrorOfTheWorkIsReplacedToo(t *testing.T) {
	t.Parallel()
	s := startSandbox(t, control.Fault{Status: 502, AfterWork: true}, failing(api.NewProblem(api.CodeRateLimited, "")))
	if r := parse(t, s.send(t, thenClose(purchase))); r.status != 502 || r.body != "" {
		t.Errorf("received %d %q; want 502 and nothing", r.status, r.body)
	}
}

func TestTheConnectionStaysOpenAfterAStatus(t *testing.T) {
	t.Parallel()
	s := startSandbox(t, control.Fault{Status: 503, Times: 1})
	conn := s.dial(t)
	reader := bufio.NewReader(conn)
	for _, want := range []int{503, 200} {
		if _, err := io.WriteString(conn, purchase); err != nil {
			t.Fatal(err)
		}
		if got := read(t, reader).status; got != want {
			t.Errorf("the status on the same connection is %d; want %d", got, want)
		}
	}
}
