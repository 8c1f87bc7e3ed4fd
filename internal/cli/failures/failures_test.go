package failures

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/console"
)

// refusal answers in the place of a server; the status 0 stands for one that cannot be reached.
type refusal struct {
	status int
	header http.Header
}

func (s refusal) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.status == 0 {
		return nil, errors.New("connection refused")
	}
	header := s.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: s.status, Header: header, Body: io.NopCloser(strings.NewReader(`{"detail":"no"}`)), Request: r}, nil
}

// A failure of the API has its exit code, and one line that says what to do next, with --json an object.
func TestEachFailureOfTheAPIHasItsExitCode(t *testing.T) {
	for _, failure := range []struct {
		status int
		header http.Header
		code   int
		next   string
	}{
		{http.StatusNotFound, nil, console.ExitNotFound, "run 'phonenumbers list' to see your numbers"},
		{http.StatusUnauthorized, nil, console.ExitUnauthorized, "check the key in use"},
		{http.StatusForbidden, nil, console.ExitUnauthorized, "check the key in use"},
		{http.StatusTooManyRequests, nil, console.ExitRateLimited, "run the command again later"},
		{http.StatusTooManyRequests, http.Header{"Retry-After": {"90"}}, console.ExitRateLimited, "run the command again in 1m30s"},
		{http.StatusInternalServerError, nil, console.ExitFailed, "run the command again later"},
		{http.StatusServiceUnavailable, nil, console.ExitFailed, "run the command again later"},
		{0, nil, console.ExitFailed, "check the address in the place in use, and that the server is running"},
		{http.StatusUnprocessableEntity, nil, console.ExitFailed, ""},
		{http.StatusTeapot, nil, console.ExitFailed, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, err := client.New(client.WithAPIKey("key"), client.WithHTTPClient(&http.Client{
				Transport: refusal{failure.status, failure.header},
			}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Get(t.Context(), "id")
			err = Origin{CheckKey: "check the key in use", Address: "the place in use"}.Explain(err)
			var text, object bytes.Buffer
			code, again := Report(&text, false, "phonenumbers get", err), Report(&object, true, "phonenumbers get", err)
			if code != failure.code {
				t.Errorf("%d: the exit code is %d; want %d", failure.status, code, failure.code)
			}
			if again != failure.code {
				t.Errorf("%d: with --json, the exit code is %d; want %d", failure.status, again, failure.code)
			}
			line := text.String()
			if want := "phonenumbers: GET /phone_numbers/{id}: "; !strings.HasPrefix(line, want) {
				t.Errorf("%d: it says %q; want %q first", failure.status, line, want)
			}
			if n := strings.Count(line, "\n"); n != 1 {
				t.Errorf("%d: it says %q, in %d lines; want 1", failure.status, line, n)
			}
			if !strings.Contains(line, failure.next) {
				t.Errorf("%d: it says %q; want %q in it", failure.status, line, failure.next)
			}
			var got struct {
				Error struct {
					Message, Next    string
					ExitCode, Status int
				}
			}
			if err := json.Unmarshal(object.Bytes(), &got); err != nil {
				t.Fatalf("%d: %v in %s", failure.status, err, &object)
			}
			if got.Error.ExitCode != failure.code {
				t.Errorf("%d: exitCode is %d; want %d", failure.status, got.Error.ExitCode, failure.code)
			}
			if got.Error.Status != failure.status {
				t.Errorf("%d: status is %d; want %d", failure.status, got.Error.Status, failure.status)
			}
			if !strings.HasPrefix(got.Error.Next, failure.next) {
				t.Errorf("%d: next is %q; want %q first", failure.status, got.Error.Next, failure.next)
			}
			if failure.next == "" && got.Error.Next != "" {
				t.Errorf("%d: next is %q; want none", failure.status, got.Error.Next)
			}
			if got.Error.Message == "" {
				t.Errorf("%d: message is empty in %s; want one", failure.status, &object)
			}
		})
	}
}

// A purchase whose outcome is unknown can be asked about, and be made again without buying twice.
func TestAnUnknownOutcomeSaysHowToFindOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := client.New(client.WithAPIKey("key"), client.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
			return refusal{}
		}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Create(t.Context(), api.Purchase("+14155550100"), client.WithIdempotencyKey("order-17"))
		var text bytes.Buffer
		if !errors.Is(err, client.ErrOutcomeUnknown) {
			t.Errorf("got the error %v; want %v", err, client.ErrOutcomeUnknown)
		}
		if code := Report(&text, false, "phonenumbers buy", err); code != console.ExitFailed {
			t.Errorf("the exit code is %d; want %d", code, console.ExitFailed)
		}
		want := "; check with 'phonenumbers get +14155550100'; if you do not have the number, run 'phonenumbers buy +14155550100' with --idempotency-key order-17\n"
		if got := text.String(); !strings.HasSuffix(got, want) {
			t.Errorf("it says %q; want %q last", got, want)
		}
	})
}
