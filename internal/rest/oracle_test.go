package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/vogent-community/phonenumbers"
	"github.com/vogent-community/phonenumbers/api"
)

// oracle says, from openapi.yaml alone, which requests are valid and which answers are.
type oracle struct {
	router  routers.Router
	options *openapi3filter.Options
}

// loadSpec reads openapi.yaml and closes its schemas: a client must live with more members in an answer, but neither our
// server nor an example has any.
func loadSpec(t *testing.T) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(phonenumbers.Spec)
	if err != nil {
		t.Fatal(err)
	}
	for _, schema := range document.Components.Schemas {
		if schema.Value.Type.Is(openapi3.TypeObject) {
			schema.Value.AdditionalProperties = openapi3.AdditionalProperties{Has: new(bool)}
		}
	}
	return document
}

func newOracle(t *testing.T, key string) *oracle {
	t.Helper()
	document := loadSpec(t)
	document.Servers = openapi3.Servers{{URL: "/api"}}
	router, err := legacy.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	return &oracle{router, &openapi3filter.Options{
		IncludeResponseStatus: true,
		SkipSettingDefaults:   true, // a default takes the place of a null, which would then pass
		AuthenticationFunc: func(_ context.Context, input *openapi3filter.AuthenticationInput) error {
			got := input.RequestValidationInput.Request.Header.Values("Authorization")
			if len(got) != 1 || strings.ToLower(got[0][:min(7, len(got[0]))]) != "bearer " || strings.TrimSpace(got[0][7:]) != key {
				return errors.New("no valid key")
			}
			return nil
		},
	}}
}

// exchange is a request with its answer, and what the oracle says of the request.
type exchange struct {
	*call
	input   *openapi3filter.RequestValidationInput // nil where the spec has no such path or method
	refusal error                                  // nil where the spec accepts the request
	answer  *httptest.ResponseRecorder
	problem api.Problem // of an answer other than 200
}

// send asks the oracle about the request, and the handler for its answer.
func (o *oracle) send(t *testing.T, handler http.Handler, c *call) *exchange {
	t.Helper()
	x := &exchange{call: c, answer: httptest.NewRecorder()}
	asked := c.request(t)
	asked.Header.Set("Content-Type", plainMediaType(asked.Header.Get("Content-Type")))
	if route, pathParams, err := o.router.FindRoute(asked); err == nil && sameShape(c.path, "/api"+route.Path) {
		x.input = &openapi3filter.RequestValidationInput{Request: asked, PathParams: pathParams, Route: route, Options: o.options}
		x.refusal = openapi3filter.ValidateRequest(t.Context(), x.input)
	}
	handler.ServeHTTP(x.answer, c.request(t))
	return x
}

// sameShape makes up for the router: to it a slash at the end is none, and /phone_numbers has an id that is empty.
func sameShape(path, template string) bool {
	return strings.Count(path, "/") == strings.Count(template, "/") && !strings.HasSuffix(path, "/")
}

// request panics where the generator has made what could not have come over the wire.
func (c *call) request(t *testing.T) *http.Request {
	t.Helper()
	// A context that can be cancelled costs a goroutine or two for each statement.
	r := httptest.NewRequestWithContext(context.WithoutCancel(t.Context()), c.method, c.target(), bytes.NewReader(c.body))
	r.Header = c.header.Clone()
	return r
}

// plainMediaType writes a media type as the oracle wants it: to it the case of the letters and the white space matter,
// to RFC 9110 they do not.
func plainMediaType(header string) string {
	mediaType, _, _ := strings.Cut(header, ";")
	return strings.ToLower(strings.TrimSpace(mediaType))
}

// checkAnswer holds the answer against the spec, and what every answer must have.
func (o *oracle) checkAnswer(x *exchange) error {
	code, header := x.answer.Code, x.answer.Header()
	if code >= http.StatusInternalServerError {
		return errors.New("the server failed")
	}
	id := header.Get("X-Request-Id")
	if id == "" {
		return errors.New("the answer has no X-Request-Id")
	}
	if x.input != nil {
		if err := openapi3filter.ValidateResponse(x.input.Request.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: x.input, Status: code, Header: header, Options: o.options,
			Body: io.NopCloser(bytes.NewReader(x.answer.Body.Bytes())),
		}); err != nil {
			return fmt.Errorf("the spec has no such answer: %w", err)
		}
	}
	if code == http.StatusOK {
		return nil
	}
	if err := json.Unmarshal(x.answer.Body.Bytes(), &x.problem); err != nil {
		return fmt.Errorf("the answer is no problem document: %w", err)
	}
	p := x.problem
	if p.Status != code || p.Title != http.StatusText(code) || p.Type != "about:blank" || p.RequestID != id || header.Get("Content-Type") != api.ProblemMediaType {
		return errors.New("the problem document does not fit the answer")
	}
	if documented := x.documentedCodes(); !slices.Contains(documented, p.Code) {
		return fmt.Errorf("the code is none of %q", documented)
	}
	return nil
}

// documentedCodes are the codes in the examples of the answer with that status.
func (x *exchange) documentedCodes() (codes []api.ProblemCode) {
	if x.input == nil {
		return map[int][]api.ProblemCode{
			http.StatusNotFound:         {api.CodeNotFound},
			http.StatusMethodNotAllowed: {api.CodeMethodNotAllowed},
		}[x.answer.Code]
	}
	content := x.input.Route.Operation.Responses.Status(x.answer.Code).Value.Content[api.ProblemMediaType]
	for _, example := range examplesOf(content) {
		code, _ := example.(map[string]any)["code"].(string)
		codes = append(codes, api.ProblemCode(code))
	}
	return codes
}

// examplesOf returns the examples of a body.
func examplesOf(content *openapi3.MediaType) (examples []any) {
	if content.Example != nil {
		examples = append(examples, content.Example)
	}
	for _, example := range content.Examples {
		examples = append(examples, example.Value.Value)
	}
	return examples
}

// operation is the operationId; empty where the spec has no such path or method.
func (x *exchange) operation() string {
	if x.input == nil {
		return ""
	}
	return x.input.Route.Operation.OperationID
}

// id is the path parameter.
func (x *exchange) id() string {
	id, err := url.PathUnescape(x.input.PathParams["id"])
	if err != nil {
		panic(err) // it would not have become a request
	}
	return id
}

// at returns what the first JSON value of the body has there, nil if nothing.
func (x *exchange) at(names ...string) any {
	if !x.takesBody() {
		return nil
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(x.body))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil
	}
	for _, name := range names {
		o, _ := value.(map[string]any)
		value = o[name]
	}
	return value
}

// text is at for a string.
func (x *exchange) text(names ...string) string {
	s, _ := x.at(names...).(string)
	return s
}

// parameter is the first value of a query parameter; the oracle looks at no other.
func (x *exchange) parameter(name string) string { return x.input.Request.URL.Query().Get(name) }

// takesBody reports whether the body matters at all.
func (x *exchange) takesBody() bool { return x.input.Route.Operation.RequestBody != nil }
