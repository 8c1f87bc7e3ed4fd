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
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

const (
	sipPassword = `s3cr"et\pass/ <&> %word`
	sipUser     = "caller"
)

// Whatever the server sends back, nothing that a person or a log can see of a failure or of a client contains a secret.
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
				request.SIPImport = &api.SIPImportDetails{Password: "pnk_"} // a mistake: the password is a part of the key
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

// A request can have every object, whatever its type. All their passwords are secrets.
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
