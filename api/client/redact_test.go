package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// importWith returns the error of an import that has this password and gets this response.
func importWith(t *testing.T, password string, answer func() *http.Response) *client.Error {
	t.Helper()
	var failure *client.Error
	synctest.Test(t, func(t *testing.T) { // the look-up waits
		c := inBubble(t, func(*http.Request) (*http.Response, error) { return answer(), nil }, client.WithRetries(0))
		_, err := c.Create(t.Context(), api.SIPImport(api.SIPImportDetails{
			PhoneNumber: "+15550100123", TerminationURI: "sip.example.com", Username: "caller", Password: password,
		}))
		if !errors.As(err, &failure) {
			t.Fatal(err)
		}
	})
	return failure
}

func TestAPasswordThatIsAWordDoesNotShowInAnError(t *testing.T) {
	const pointers = `{"pointer":"/sipImport/phoneNumber","detail":"has no plus"},{"pointer":"/sipImport/password","detail":"is no good"}`
	for _, password := range []string{
		"Number", "phone", "password", "the", "a", "422", "sip", "sipImport", "/", `"`, "validation_failed", "POST", "phone_numbers", "caller", "redacted",
		"+15550100123", `p"4\%41&amp;`, "pässe", strings.Repeat("x", 255), testKey[4:14], testKey + "x",
	} {
		body := `{"detail":"One rule.","code":"validation_failed","status":422,"errors":[` + pointers + `]}`
		failure := importWith(t, password, func() *http.Response { return reply(422, http.Header{"X-Request-Id": {"R1"}}, body) })
		want := "POST /phone_numbers: 422 Unprocessable Entity: One rule; /sipImport/phoneNumber has no plus; /sipImport/password is no good (validation_failed, request R1)"
		if failure.Error() != want {
			t.Errorf("%q: %q; want %q", password, failure, want)
		}
		for _, echo := range []string{"invalid password '%s'", `the password "%s" is no good`, "password=%s", "%s"} {
			detail := fmt.Sprintf(echo, password)
			failure := importWith(t, password, func() *http.Response {
				return reply(422, http.Header{"X-Echo": {detail}, "X-Request-Id": {password}, "Content-Type": {"text/sip"}},
					encode(map[string]any{"detail": detail, "code": "x '" + password, "errors": []any{map[string]any{"pointer": "/sipImport/phoneNumber", "detail": detail}}}))
			})
			for _, text := range []string{failure.Detail, failure.Fields[0].Detail, string(failure.Code), failure.RequestID, failure.Header.Get("X-Echo"), string(failure.Body)} {
				if strings.Contains(strings.ReplaceAll(text, "[redacted: it may hold a secret]", ""), password) {
					t.Errorf("%q, %q: the error has %q; want it without the password", password, echo, text)
				}
				if !strings.Contains(text, "[redacted") {
					t.Errorf("%q, %q: the error has %q; want it redacted", password, echo, text)
				}
			}
			if got, want := failure.Fields[0].Pointer, "/sipImport/phoneNumber"; got != want {
				t.Errorf("%q, %q: the pointer is %q; want %q", password, echo, got, want)
			}
			if got := failure.Header.Get("Content-Type"); got != "text/sip" {
				t.Errorf("%q, %q: Content-Type is %q; want text/sip", password, echo, got)
			}
		}
	}
}

func TestTheClientsOwnWordsStay(t *testing.T) {
	for _, test := range []struct{ password, body, want string }{
		{"member", "{}", "the response is not usable: a required member is missing: id"},
		{"type", `{"id":1}`, "the response is not usable: id has the wrong type: number"},
		{"JSON", "<p>", "the response is not usable: it is text/html, not JSON"},
		{"end", `{"id":`, "the response is not usable: it is text/html, not JSON"},
	} {
		failure := importWith(t, test.password, func() *http.Response { return reply(200, http.Header{"Content-Type": {"text/html"}}, test.body) })
		if !strings.Contains(failure.Error(), test.want) {
			t.Errorf("%q: %q; want %q", test.password, failure, test.want)
		}
	}
	failure := importWith(t, "server", func() *http.Response { return reply(302, http.Header{"Location": {"https://x/?e=server"}}, "") })
	want := "the server redirects to [redacted: it may hold a secret], but the client does not follow redirects; set the base URL to the address of the API"
	if failure.Detail != want {
		t.Errorf("the detail is %q; want %q", failure.Detail, want)
	}
}

// brokenOff ends a body with an error.
type brokenOff struct{ io.Reader }

func (b brokenOff) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (brokenOff) Close() error { return nil }

func TestABodyThatBreaksOffWithinASecretHoldsNothingOfIt(t *testing.T) {
	t.Parallel()
	inUnicode := func(text string) string {
		var b strings.Builder
		for _, r := range text {
			fmt.Fprintf(&b, `\u%04X`, r)
		}
		return b.String()
	}
	for _, secret := range []string{testKey, inUnicode(testKey), sipPassword, inUnicode(sipPassword)} {
		for _, status := range []int{200, 400, 503} {
			failure := importWith(t, sipPassword, func() *http.Response {
				answer := reply(status, nil, "")
				answer.Body = brokenOff{strings.NewReader("they are " + secret[:len(secret)-1])}
				return answer
			})
			const want = "they are [redacted]"
			if string(failure.Body) != want {
				t.Errorf("%d, %q: the body is %q; want %q", status, secret, failure.Body, want)
			}
			if status == 400 && failure.Detail != want {
				t.Errorf("%d, %q: the detail is %q; want %q", status, secret, failure.Detail, want)
			}
			for _, room := range []int{1, 4, 9, len(secret) - 1} {
				body := strings.Repeat(".", 64<<10-room) + secret + strings.Repeat(".", 9000)
				failure := importWith(t, sipPassword, func() *http.Response { return reply(status, nil, body) })
				rest := strings.Trim(string(failure.Body), ".")
				if got, most := len(failure.Body), 64<<10; got > most {
					t.Errorf("%d, %q: the body has %d bytes; want %d at most", status, secret, got, most)
				}
				if rest != "" && !strings.HasPrefix("[redacted]", rest) && !strings.HasPrefix(`\u00`, rest) {
					t.Errorf("%d, %q: the body ends with %q; want the beginning of %q or %q, or nothing", status, secret, rest, "[redacted]", `\u00`)
				}
			}
		}
	}
}
