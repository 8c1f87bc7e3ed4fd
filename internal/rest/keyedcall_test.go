package rest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
)

// answer is the response to a call with an idempotency key.
type answer struct {
	status   int
	replayed string // the Idempotent-Replayed header
	header   http.Header
	body     string
}

func (a answer) String() string {
	return fmt.Sprintf("%d replayed=%q %s", a.status, a.replayed, strings.TrimSpace(a.body))
}

// post sends a body with idempotency keys. If there is more than one key, the header appears more than once.
func post(ctx context.Context, url, apiKey, body string, idempotencyKey ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+apiKey)
	r.Header.Set("Content-Type", "application/json")
	for _, k := range idempotencyKey {
		r.Header.Add("Idempotency-Key", k)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	content, err := io.ReadAll(response.Body)
	if closed := response.Body.Close(); err == nil {
		err = closed
	}
	return answer{response.StatusCode, response.Header.Get("Idempotent-Replayed"), response.Header, string(content)}, err
}

func mustPost(t *testing.T, url, apiKey, body string, idempotencyKey ...string) answer {
	t.Helper()
	a, err := post(t.Context(), url, apiKey, body, idempotencyKey...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *testServer) createURL() string   { return s.url + "/api/phone_numbers" }
func (s *testServer) purchaseURL() string { return s.url + "/api/phone_numbers/purchase" }

func purchaseBody(number string) string {
	return fmt.Sprintf(`{"type":"purchase","purchase":{"number":%q}}`, number)
}

// wantAnswer fails the test unless a response has the status, the code of a problem (unless it is empty) and the header
// Idempotent-Replayed.
func wantAnswer(t *testing.T, a answer, status int, code api.ProblemCode, replayed string) {
	t.Helper()
	if a.status != status {
		t.Errorf("got %v; want the status %d", a, status)
	}
	if a.replayed != replayed {
		t.Errorf("got %v; want replayed=%q", a, replayed)
	}
	if code != "" && !strings.Contains(a.body, fmt.Sprintf(`"code":%q`, code)) {
		t.Errorf("got %v; want the code %s", a, code)
	}
}
