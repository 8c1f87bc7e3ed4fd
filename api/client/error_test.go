package client_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

func TestAnErrorReadsWhateverBodyThereIs(t *testing.T) {
	for _, test := range []struct {
		contentType, body string
		code              api.ProblemCode
		text              string // what Error says after the status
		is                error
	}{
		{
			api.ProblemMediaType,
			`{"type":"about:blank","title":"Unprocessable Entity","status":422,"detail":"A value breaks a rule.","code":"validation_failed","requestId":"R1","errors":[{"pointer":"/agentId","detail":"is too long"}]}`,
			api.CodeValidationFailed, ": A value breaks a rule; /agentId is too long (validation_failed, request R1)", client.ErrValidation,
		},
		{api.ProblemMediaType, `{"detail":"Gone.","code":"number_unavailable"}`, api.CodeNumberUnavailable, ": Gone. (number_unavailable, request R1)", client.ErrNumberUnavailable},
		{api.ProblemMediaType, `{"detail":"Taken.","code":"sip_prefix_taken"}`, api.CodeSIPPrefixTaken, ": Taken. (sip_prefix_taken, request R1)", nil},
		{"application/json", `{"code":"a_new_code"}`, "a_new_code", " (a_new_code, request R1)", client.ErrValidation},
		{"application/json", `{"message":"no\u0007 \u001b[31mgood"}`, "", ": no   [31mgood (request R1)", client.ErrValidation},
		{"application/json", `{"error":{"message":"no good","code":"bad"}}`, "bad", ": no good (bad, request R1)", client.ErrValidation},
		{"application/json", `{"error":"no good","code":5,"errors":"x"}`, "", ": no good (request R1)", client.ErrValidation},
		{"application/json", `["no good"]`, "", `: ["no good"] (request R1)`, client.ErrValidation},
		{"text/plain", "no\ngood\n", "", ": no good (request R1)", client.ErrValidation},
		{"text/plain", strings.Repeat("é", 2000), "", ": " + strings.Repeat("é", 500) + "... (request R1)", client.ErrValidation},
		{"text/html; charset=utf-8", "<h1>no good</h1>", "", " (request R1)", client.ErrValidation},
		{"", "<!doctype html>", "", " (request R1)", client.ErrValidation},
		{"", "", "", " (request R1)", client.ErrValidation},
	} {
		c := inBubble(t, func(*http.Request) (*http.Response, error) {
			return reply(422, http.Header{"Content-Type": {test.contentType}, "X-Request-Id": {"R1"}, "X-More": {"m"}, "Retry-After": {"90"}}, test.body), nil
		})
		_, err := c.Get(t.Context(), id)
		var failure *client.Error
		if !errors.As(err, &failure) {
			t.Fatal(err)
		}
		if want := "GET /phone_numbers/{id}: 422 Unprocessable Entity" + test.text; err.Error() != want {
			t.Errorf("%s: %q; want %q", test.body, err, want)
		}
		for field, value := range map[string]struct{ got, want any }{
			"Code":       {failure.Code, test.code},
			"RequestID":  {failure.RequestID, "R1"},
			"X-More":     {failure.Header.Get("X-More"), "m"},
			"StatusCode": {failure.StatusCode, http.StatusUnprocessableEntity},
			"Body":       {string(failure.Body), test.body},
			"Method":     {failure.Method, http.MethodGet},
			"Route":      {failure.Route, "/phone_numbers/{id}"},
			"RetryAfter": {failure.RetryAfter, 90 * time.Second},
		} {
			if value.got != value.want {
				t.Errorf("%s: %s is %v; want %v", test.body, field, value.got, value.want)
			}
		}
		if test.is != nil {
			checkErrorIs(t, test.body, err, test.is)
		}
	}
}
