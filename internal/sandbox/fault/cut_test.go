package fault_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/control"
)

func TestACutBeforeTheWorkSendsNothingAndDoesNothing(t *testing.T) {
	t.Parallel()
	s := startSandbox(t, control.Fault{Cut: control.CutBefore})
	if got := s.send(t, purchase); got != "" {
		t.Errorf("received %q; want nothing", got)
	}
	s.wantWork(t, 0, 0)
}

func TestACutAfterTheWorkSendsNothingButTheWorkIsDone(t *testing.T) {
	t.Parallel()
	for request, status := range map[string]int{
		purchase:                            200,
		get("/api/phone_numbers/not_found"): 404,
		get("/api/phone_numbers/internal"):  500,
		get("/nothing/204"):                 204,
	} {
		s := startSandbox(t, control.Fault{Cut: control.CutAfter})
		if got := s.send(t, request); got != "" {
			t.Errorf("received %q; want nothing", got)
		}
		s.wantWork(t, 1, status)
	}
}

// head is what a client gets before the body of a cut response.
const head = "HTTP/1.1 200 OK\r\nContent-Length: 64\r\nContent-Type: application/json\r\nFrom-Outside: kept\r\nIdempotent-Replayed: false\r\n" +
	"Phonenumbers-Fault: half\r\nX-Request-Id: id-1\r\n\r\n"

func TestACutBodyHasTheWholeHeaderAndHalfOfTheBody(t *testing.T) {
	t.Parallel()
	s := startSandbox(t, control.Fault{Name: "half", Cut: control.CutBody})
	if got, want := s.send(t, purchase), head+purchased[:32]; got != want {
		t.Errorf("received %q; want %q", got, want)
	}
	s.wantWork(t, 1, 200)
}

func TestACutBodyOfAStatusDoesNoWork(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{"12345": "12", "12": "1", "1": ""} {
		s := startSandbox(t, control.Fault{Cut: control.CutBody, Status: 502, Body: body})
		header, got, _ := strings.Cut(s.send(t, purchase), "\r\n\r\n")
		if got != want {
			t.Errorf("received %q of the body %q; want %q", got, body, want)
		}
		if want := "HTTP/1.1 502 Bad Gateway\r\nContent-Length: " + string('0'+rune(len(body))); !strings.HasPrefix(header, want) {
			t.Errorf("the header is %q; want %q at its start", header, want)
		}
		s.wantWork(t, 0, 502)
	}
}

// A response without a Content-Length ends with the chunk 0, which is missing. A 204 has no body that could be cut.
func TestACutBodyThatIsEmptyIsStillIncompleteUnlessItsStatusHasNone(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/nothing/200": "HTTP/1.1 200 OK\r\nFrom-Outside: kept\r\nPhonenumbers-Fault: fault-1\r\nX-Request-Id: id-1\r\n" +
			"Transfer-Encoding: chunked\r\n\r\n",
		"/nothing/204": "HTTP/1.1 204 No Content\r\nFrom-Outside: kept\r\nPhonenumbers-Fault: fault-1\r\nX-Request-Id: id-1\r\n\r\n",
	} {
		s := startSandbox(t, control.Fault{Cut: control.CutBody})
		if got := s.send(t, get(path)); got != want {
			t.Errorf("received %q; want %q", got, want)
		}
	}
}

func TestClientsOfHTTP10AreCutOffToo(t *testing.T) {
	t.Parallel()
	request := strings.Replace(purchase, "HTTP/1.1\r\n", "HTTP/1.0\r\nConnection: keep-alive\r\n", 1)
	for cut, want := range map[control.Cut]string{
		control.CutBefore: "",
		control.CutAfter:  "",
		control.CutBody:   strings.NewReplacer("HTTP/1.1", "HTTP/1.0", "id-1\r\n", "id-1\r\nConnection: keep-alive\r\n").Replace(head) + purchased[:32],
	} {
		s := startSandbox(t, control.Fault{Name: "half", Cut: cut})
		if got := s.send(t, request); got != want {
			t.Errorf("cut %s: received %q; want %q", cut, got, want)
		}
	}
}

// failing returns middleware that returns err instead of calling the operation.
func failing(err error) echo.MiddlewareFunc {
	return func(echo.HandlerFunc) echo.HandlerFunc { return func(echo.Context) error { return err } }
}

// Apply may be around middleware that fails. Its error becomes the response that the server would have sent.
func TestAnErrorOfTheWorkIsItsResponse(t *testing.T) {
	t.Parallel()
	for cut, want := range map[control.Cut]string{control.CutAfter: "", control.CutBody: "HTTP/1.1 429 Too Many Requests\r\n"} {
		s := startSandbox(t, control.Fault{Cut: cut}, failing(api.NewProblem(api.CodeRateLimited, "")))
		got := s.send(t, purchase)
		if !strings.HasPrefix(got, want) || (got == "") != (want == "") {
			t.Errorf("cut %s: received %q; want %q at its start", cut, got, want)
		}
		s.wantWork(t, 0, 429)
	}
}

func TestWorkThatWritesNothingIsA200(t *testing.T) {
	t.Parallel()
	s := startSandbox(t, control.Fault{Cut: control.CutAfter}, failing(nil))
	if got := s.send(t, purchase); got != "" {
		t.Errorf("received %q; want nothing", got)
	}
	s.wantWork(t, 0, 200)
}

// The panic reaches the server's own handler, which sends a 500 to the client, not into the response that was kept away.
func TestAPanicOfTheWorkIsAnswered(t *testing.T) {
	t.Parallel()
	s := startSandbox(t, control.Fault{Cut: control.CutAfter}, func(echo.HandlerFunc) echo.HandlerFunc {
		return func(echo.Context) error { panic(errors.New("a bug")) }
	})
	if got := parse(t, s.send(t, thenClose(purchase))).status; got != 500 {
		t.Errorf("the status is %d; want 500", got)
	}
}
