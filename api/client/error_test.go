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
		text              string // what Error says behind the status
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
		if failure.Code != test.code || failure.RequestID != "R1" || failure.Header.Get("X-More") != "m" || failure.StatusCode != http.StatusUnprocessableEntity ||
			string(failure.Body) != test.body || failure.Method != http.MethodGet || failure.Route != "/phone_numbers/{id}" || failure.RetryAfter != 90*time.Second {
			t.Errorf("%s: %#v", test.body, failure)
		}
		if test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s: %v is not %q", test.body, err, test.is)
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
					t.Errorf("%q is in\n%.1500s", secret, text[max(0, strings.Index(text, secret)-300):])
				}
			}
			if !strings.Contains(text, "attempt=1") || !strings.Contains(text, "[redacted]") {
				t.Errorf("the log does not show the attempt, or nothing was redacted:\n%.500s", text)
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
	if !errors.As(err, &failure) || strings.Contains(string(failure.Body), "secret") || strings.Count(string(failure.Body), "[redacted]") != secrets {
		t.Errorf("%v, %s; want %d passwords, each redacted", err, failure.Body, secrets)
	}
}

func TestWhatAVersionDoesNotKnowIsKept(t *testing.T) {
	body := like(`{"number":"é\"1","type":"MOBILE","agentId":"a\u0041é","carrier":{"name":"x"}}`)
	c := inBubble(t, func(*http.Request) (*http.Response, error) {
		return reply(200, http.Header{"Ratelimit": {`"key";r=19;t=1`}}, body), nil
	})
	var kept client.Response
	n, err := c.Get(t.Context(), id, client.WithResponse(&kept))
	if err != nil || n.Type != "MOBILE" || n.Number != `é"1` || *n.AgentID != "aAé" {
		t.Errorf("%+v, %v", n, err)
	}
	if string(kept.Body) != body || kept.StatusCode != http.StatusOK || kept.Header.Get("RateLimit") != `"key";r=19;t=1` {
		t.Errorf("kept %+v", kept)
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
		if err == nil && (status != 200 || n.ID == "" || n.Number == "" || n.Type == "" || !strings.Contains(strings.ToLower(body), "agentid")) {
			t.Errorf("%d %q gives %+v", status, body, n)
		}
		if err != nil && (strings.ContainsAny(err.Error(), "\n\r\x1b") || len(err.Error()) > 1<<20) {
			t.Errorf("%d %q gives %q", status, body, err)
		}
		page, err := c.List(t.Context(), api.ListPhoneNumbersParams{})
		if err == nil && (page.Data == nil || slices.ContainsFunc(page.Data, func(n api.PhoneNumber) bool { return n.ID == "" })) {
			t.Errorf("%d %q gives %+v", status, body, page)
		}
		if found, err := c.Search(t.Context(), api.PhoneNumberSearchInput{}); err == nil && found == nil {
			t.Errorf("%d %q gives nil", status, body)
		}
	})
}
