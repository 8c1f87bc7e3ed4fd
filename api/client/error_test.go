package client_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/spectest"
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

const (
	sipPassword = `s3cr"et\pass/ <&> %word`
	sipUser     = "caller"
)

// Nothing that a person or a log can see of a failure or of a client holds a secret, whatever the server sends back.
func TestNoErrorAndNoLogHoldsTheKeyOrAPassword(t *testing.T) {
	quoted, _ := json.Marshal(sipPassword)
	inJSON := string(quoted[1 : len(quoted)-1])
	echoes := map[string]roundTripper{
		"in a problem": func(*http.Request) (*http.Response, error) {
			return reply(422, http.Header{"Content-Type": {api.ProblemMediaType}}, `{"code":"`+testKey+`","detail":"`+testKey+` `+inJSON+`","errors":[{"pointer":"/`+testKey+`","detail":"`+inJSON+`"}]}`), nil
		},
		"as text": func(*http.Request) (*http.Response, error) {
			return reply(400, nil, "Authorization: Bearer "+testKey+", password "+sipPassword), nil
		},
		"in JSON that is no problem": func(*http.Request) (*http.Response, error) {
			return reply(400, nil, `{"error":{"message":"`+testKey+` `+inJSON+`","code":"`+inJSON+`"}}`), nil
		},
		"in headers": func(*http.Request) (*http.Response, error) {
			return reply(302, http.Header{"Location": {"http://x/?k=" + testKey}, "X-Request-Id": {testKey}, "X-Echo": {sipPassword}}, ""), nil
		},
		"in a 200": func(*http.Request) (*http.Response, error) {
			return reply(200, http.Header{"Content-Type": {"text/" + testKey}}, `{"id":"`+testKey+`","number":"`+inJSON+`"}`), nil
		},
		"in the error of the connection": func(*http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("malformed HTTP response %q %s", testKey, sipPassword)
		},
		"as others write JSON": func(*http.Request) (*http.Response, error) {
			return reply(400, nil, `{"password":"s3cr\"et\\pass/ <&> %word","again":"s3cr\"et\\pass\/ <&> %word"}`), nil
		},
		"in HTML": func(*http.Request) (*http.Response, error) {
			return reply(400, http.Header{"Content-Type": {"text/html"}}, "<pre>"+html.EscapeString(sipPassword)+testKey), nil
		},
		"where the body is cut": func(*http.Request) (*http.Response, error) {
			return reply(400, http.Header{"Content-Type": {"text/html"}}, strings.Repeat("<", 64<<10-20)+testKey+sipPassword+strings.Repeat(".", 9000)), nil
		},
		"in a 503": func(*http.Request) (*http.Response, error) { return reply(503, nil, testKey+sipPassword), nil },
	}
	for name, send := range echoes {
		t.Run(name, func(t *testing.T) {
			var logged bytes.Buffer
			logs := []*slog.Logger{
				slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
				slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
			}
			for _, log := range logs {
				c := inBubble(t, send, client.WithLogger(log), client.WithRetries(1)).WithoutJitter(0)
				request := api.VogentSIP(api.VogentSIPDetails{SIPPrefix: "support", Username: sipUser, Password: sipPassword})
				request.SIPImport = &api.SIPImportDetails{Password: "pnk_"} // a mistake, and a part of the key
				_, err := c.Create(t.Context(), request)
				var failure *client.Error
				if !errors.As(err, &failure) {
					t.Fatal(err)
				}
				log.Error("failed", "error", err, "failure", failure, "wrapped", fmt.Errorf("wrapped: %w", err))
				for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%d", "%x"} {
					fmt.Fprintf(&logged, verb+" "+verb+" "+verb+" "+verb+"\n", err, *failure, c, *c)
				}
				fmt.Fprintln(&logged, failure.Detail, failure.Fields, string(failure.Body), failure.Header)
			}
			text := logged.String()
			decimals := strings.Trim(fmt.Sprintf("%d", []byte(testKey)), "[]")
			for _, secret := range []string{testKey, testKey[4:], testKey[4:12], sipPassword, inJSON, fmt.Sprintf("%x", testKey), decimals, `s3cr`} {
				if strings.Contains(text, secret) {
					t.Errorf("the text has the secret %q; want it redacted in\n%.1500s", secret, text[max(0, strings.Index(text, secret)-300):])
				}
			}
			for _, want := range []string{"attempt=1", "[redacted]"} {
				if !strings.Contains(text, want) {
					t.Errorf("the text is\n%.500s\nwant %q in it", text, want)
				}
			}
		})
	}
}

// A request can carry every object, whatever its type, and their passwords are secrets all the same.
func TestEveryPasswordOfARequestIsRedacted(t *testing.T) {
	create := spectest.Load(t).Operation(t, "createPhoneNumber")
	body, secrets := map[string]any{"type": "purchase"}, 0
	for object, schema := range create.Body.Properties {
		inner := map[string]any{}
		for member := range schema.Value.Properties {
			if strings.Contains(strings.ToLower(member), "password") {
				inner[member] = "secret of " + object
				secrets++
			}
		}
		if schema.Value.Type.Is(openapi3.TypeObject) {
			body[object] = inner
		}
	}
	var request api.CreatePhoneNumberInput
	if err := json.Unmarshal([]byte(encode(body)), &request); err != nil {
		t.Fatal(err)
	}
	c := inBubble(t, func(r *http.Request) (*http.Response, error) {
		sent, _ := io.ReadAll(r.Body)
		return reply(422, nil, string(sent)), nil
	})
	_, err := c.Create(t.Context(), request)
	var failure *client.Error
	if !errors.As(err, &failure) {
		t.Fatalf("error is %#v; want a *client.Error", err)
	}
	if strings.Contains(string(failure.Body), "secret") {
		t.Errorf("the body is %s; want no secret in it", failure.Body)
	}
	if got := strings.Count(string(failure.Body), "[redacted]"); got != secrets {
		t.Errorf("the body is %s with %d passwords redacted; want %d", failure.Body, got, secrets)
	}
}

func TestWhatAVersionDoesNotKnowIsKept(t *testing.T) {
	body := like(`{"number":"é\"1","type":"MOBILE","agentId":"a\u0041é","carrier":{"name":"x"}}`)
	c := inBubble(t, func(*http.Request) (*http.Response, error) {
		return reply(200, http.Header{"Ratelimit": {`"key";r=19;t=1`}}, body), nil
	})
	var kept client.Response
	n, err := c.Get(t.Context(), id, client.WithResponse(&kept))
	if err != nil {
		t.Fatal(err)
	}
	for what, value := range map[string]struct{ got, want any }{
		"type":               {n.Type, api.PhoneNumberType("MOBILE")},
		"number":             {n.Number, `é"1`},
		"agent":              {*n.AgentID, "aAé"},
		"the kept body":      {string(kept.Body), body},
		"the kept status":    {kept.StatusCode, http.StatusOK},
		"the kept RateLimit": {kept.Header.Get("RateLimit"), `"key";r=19;t=1`},
	} {
		if value.got != value.want {
			t.Errorf("%s is %v; want %v", what, value.got, value.want)
		}
	}
}

// FuzzAnswer sends any body with any status: no panic, and no result that lacks what it must have.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{owned, pageOf("", owned), `[{"number":"1"}]`, `{"error":{"message":1}}`, "null", "\xff", `{"errors":[{}]}`, `{"agentId":"\ud800"}`} {
		f.Add(200, seed)
		f.Add(422, seed)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		c := inBubble(t, func(*http.Request) (*http.Response, error) {
			return reply(status, nil, body), nil
		}, client.WithRetries(0))
		n, err := c.Get(t.Context(), id)
		if err == nil {
			if status != 200 {
				t.Errorf("%d %q gives %+v; want an error, as the status is not 200", status, body, n)
			}
			for member, value := range map[string]string{"id": n.ID, "number": n.Number, "type": string(n.Type)} {
				if value == "" {
					t.Errorf("%d %q gives %+v; want an error, as the %s is empty", status, body, n, member)
				}
			}
			if !strings.Contains(strings.ToLower(body), "agentid") {
				t.Errorf("%d %q gives %+v; want an error, as the agentId is missing", status, body, n)
			}
		} else {
			if strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("%d %q gives the error %q; want no control character in it", status, body, err)
			}
			if got := len(err.Error()); got > 1<<20 {
				t.Errorf("%d %q gives an error of %d bytes; want %d at most", status, body, got, 1<<20)
			}
		}
		page, err := c.List(t.Context(), api.ListPhoneNumbersParams{})
		if err == nil && page.Data == nil {
			t.Errorf("%d %q gives %+v; want a list that is not nil", status, body, page)
		}
		if err == nil && slices.ContainsFunc(page.Data, func(n api.PhoneNumber) bool { return n.ID == "" }) {
			t.Errorf("%d %q gives %+v; want an id for each number", status, body, page)
		}
		if found, err := c.Search(t.Context(), api.PhoneNumberSearchInput{}); err == nil && found == nil {
			t.Errorf("%d %q gives nil; want a list that is not nil", status, body)
		}
	})
}
