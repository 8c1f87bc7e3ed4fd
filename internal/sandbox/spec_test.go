package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/vogent-community/phonenumbers"
	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/sandbox"
)

// testSandbox is a sandbox that checks each control request and its response against control.yaml.
type testSandbox struct {
	*sandbox.Sandbox

	url    string // without /api
	router routers.Router
}

func start(t *testing.T, o sandbox.Options) *testSandbox {
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
	document := controlDocument(t)
	document.Servers = openapi3.Servers{{URL: "/"}}
	router, err := legacy.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	return &testSandbox{s, strings.TrimSuffix(s.BaseURL, "/api"), router}
}

func controlDocument(t *testing.T) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(phonenumbers.ControlSpec)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// control sends a control request, reads the response into answer unless it is nil, and returns the status.
func (s *testSandbox) control(t *testing.T, method, path, body string, answer any) int {
	t.Helper()
	request := func(url string) *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		return r
	}
	response, err := http.DefaultClient.Do(request(s.url))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	documented := request("")
	route, parameters, err := s.router.FindRoute(documented)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	input := &openapi3filter.RequestValidationInput{Request: documented, PathParams: parameters, Route: route}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: response.StatusCode, Header: response.Header, Body: io.NopCloser(bytes.NewReader(text)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		t.Errorf("%s %s: control.yaml does not document %d %s: %v", method, path, response.StatusCode, text, err)
	}
	if answer != nil {
		if err := json.Unmarshal(text, answer); err != nil {
			t.Errorf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return response.StatusCode
}

// mustControl is control for a request that must get this status.
func (s *testSandbox) mustControl(t *testing.T, method, path, body string, want int, answer any) {
	t.Helper()
	if got := s.control(t, method, path, body, answer); got != want {
		t.Fatalf("%s %s with %s: the status is %d; want %d", method, path, body, got, want)
	}
}

// api sends a request to the API, and returns the status and the body. With a cut connection, the status is 0.
func (s *testSandbox) api(t *testing.T, method, path, body string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.BaseURL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.Key())
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for pair := range slices.Chunk(header, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	// On a connection that was used before, net/http itself sends some requests again.
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return 0, err.Error()
	}
	text, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return response.StatusCode, err.Error()
	}
	return response.StatusCode, string(text)
}

// Whoever follows control.yaml gets what it promises: each example of a request is accepted.
func TestTheExamplesOfControlYAMLAreAccepted(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	if status, text := s.api(t, http.MethodPost, "/phone_numbers/purchase", `{"number":"+14155550100"}`); status != http.StatusOK {
		t.Fatalf("buying a number: %d %s", status, text)
	}
	document := controlDocument(t)
	seen := 0
	for path, item := range document.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil {
				continue
			}
			content := op.RequestBody.Value.Content["application/json"]
			examples := []any{content.Example}
			for _, example := range content.Examples {
				examples = append(examples, example.Value.Value)
			}
			for _, example := range examples {
				if example == nil {
					continue
				}
				seen++
				text, err := json.Marshal(example)
				if err != nil {
					t.Fatal(err)
				}
				var problem api.Problem
				status := s.control(t, method, path, string(text), nil)
				if status >= http.StatusBadRequest && path != "/_control/calls" { // the number that it calls depends on the seed
					t.Errorf("%s %s with %s: %d %+v; want it accepted", method, path, text, status, problem)
				}
			}
		}
	}
	if seen < 4 {
		t.Errorf("control.yaml has %d examples of requests; want 4 or more", seen)
	}
}
