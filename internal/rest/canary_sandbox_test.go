package rest_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox"
)

// startSandbox starts a sandbox, which stops at the end of the test, and returns its address.
func startSandbox(t *testing.T, o sandbox.Options) (root string) {
	t.Helper()
	s, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return strings.TrimSuffix(s.BaseURL, "/api")
}

// A sandbox keeps the requests, with their bodies. No secret is in them, nor in anything else that it says, and it writes no file.
func TestNoSecretIsFoundInASandbox(t *testing.T) {
	const webhookMark = "canary-webhook-31f0"
	folder := t.TempDir()
	t.Chdir(folder)
	apiKey := "canary-seed-key-77ab"
	wrongKey := "pnk_" + wrongMark + strings.Repeat("x", 23)
	var log lockedBuffer
	root := startSandbox(t, sandbox.Options{
		Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Seed: control.Seed{
			Keys: []control.SeedKey{{Key: apiKey}},
			Numbers: []control.SeedNumber{
				{Number: "seeded", AgentID: "agent_1", SIP: &control.SeedSIP{Username: visibleMark, Password: passwordMark}},
			},
			Webhook: &control.Webhook{URL: "http://127.0.0.1:1/" + visibleMark, Secret: webhookMark},
		},
		Faults: []control.Fault{
			{Name: "fails", Operation: "createPhoneNumber", Status: http.StatusInternalServerError, Skip: 5, Times: 1},
			{Name: "down", Operation: "createPhoneNumber", Status: http.StatusServiceUnavailable, Times: 1},
		},
	})
	var answers bytes.Buffer
	call := func(method, path, authorization, contentType, body, idempotencyKey string) int {
		r, err := http.NewRequestWithContext(t.Context(), method, root+path, strings.NewReader(body))
		if err != nil { // such as %zz in a query, which only a raw request can have
			r, err = http.NewRequestWithContext(t.Context(), method, root, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.URL.Opaque = "//" + r.URL.Host + path
		}
		r.Header.Set("Authorization", authorization)
		r.Header.Set("Content-Type", contentType)
		if idempotencyKey != "" {
			r.Header.Set("Idempotency-Key", idempotencyKey+apiKey)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		fmt.Fprintf(&answers, "%s %s\n%d %v %s\n", method, strings.Split(path, "?")[0], response.StatusCode, response.Header, text)
		return response.StatusCode
	}
	statuses := sendSecrets(call, apiKey, wrongKey, false)
	for _, status := range []int{200, 400, 401, 404, 413, 422, 429, 500, 503} {
		if statuses[status] == 0 {
			t.Errorf("no response has the status %d among %v", status, statuses)
		}
	}
	answers.Reset()
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/_control/calls", `{"to":"seeded","from":"+18005550100"}`},
		{"PUT", "/_control/seed", `{"keys":[{"key":"` + apiKey + `"},{"key":"` + apiKey + `"}],"webhook":{"url":"x","secret":"` + webhookMark + `"}}`},
		{"PUT", "/_control/seed", `{"webhook":{"url":"http://127.0.0.1:1/","secret":["` + webhookMark + `"]}}`},
		{"PUT", "/_control/seed", `{"webhook":{"url":"http://127.0.0.1:1/","secret":"` + webhookMark + `"},"numbers":[{"number":"a b","sip":{"username":"u","password":"` + passwordMark + `é"}}]}`},
		{"GET", "/_control/faults", ""},
		{"GET", "/_control/requests", ""},
	} {
		call(c.method, c.path, "", "application/json", c.body, "")
	}
	if !strings.Contains(answers.String(), visibleMark) || !strings.Contains(answers.String(), "[redacted]") {
		t.Errorf("the requests are %.2000s; want the visible mark and [redacted] in them", answers.String())
	}
	if !strings.Contains(log.String(), `"msg":"request"`) {
		t.Error("the log does not have the requests")
	}
	for place, content := range map[string]string{"the control paths": answers.String(), "the log": log.String()} {
		for name, secret := range map[string]string{"the password": passwordMark, "the API key": apiKey, "the wrong key": wrongMark, "the webhook secret": webhookMark} {
			if i := strings.Index(content, secret); i >= 0 {
				t.Errorf("%s: found %s: %q", place, name, content[max(0, i-200):min(len(content), i+100)])
			}
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 0 {
		t.Errorf("the folder has %v, %v; want no files", files, err)
	}
}
