package spectest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/vogent-community/phonenumbers/api"
)

// Oracle decides from a Spec alone whether requests and responses are valid.
type Oracle struct {
	spec    *Spec
	baseURL string
	router  routers.Router
	options *openapi3filter.Options
}

// NewOracle returns an oracle for a server at baseURL that accepts no key but key.
func NewOracle(t *testing.T, s *Spec, baseURL, key string) *Oracle {
	t.Helper()
	document := *s.Document
	document.Servers = openapi3.Servers{{URL: baseURL}}
	router, err := legacy.NewRouter(&document)
	if err != nil {
		t.Fatal(err)
	}
	return &Oracle{s, baseURL, router, &openapi3filter.Options{
		IncludeResponseStatus: true,
		SkipSettingDefaults:   true, // a default would replace a null, which would then pass
		AuthenticationFunc: func(_ context.Context, input *openapi3filter.AuthenticationInput) error {
			if !shows(input.RequestValidationInput.Request, input.SecurityScheme, key) {
				return errors.New("no valid key")
			}
			return nil
		},
	}}
}

// shows reports whether a request has the key where a security scheme expects it.
func shows(r *http.Request, scheme *openapi3.SecurityScheme, key string) bool {
	if scheme.Type == "http" && strings.EqualFold(scheme.Scheme, "bearer") {
		got := r.Header.Values("Authorization")
		return len(got) == 1 && strings.ToLower(got[0][:min(7, len(got[0]))]) == "bearer " && strings.TrimSpace(got[0][7:]) == key
	}
	want := &Request{Header: http.Header{}}
	want.Authorize(scheme, key)
	for name := range want.Header {
		if r.Header.Get(name) != want.Header.Get(name) {
			return false
		}
	}
	return len(want.Query) == 0 || r.URL.Query().Get(scheme.Name) == key
}

// Send gets the oracle's decision on the request, and the handler's response to it.
func (o *Oracle) Send(t *testing.T, handler http.Handler, r *Request) *Exchange {
	t.Helper()
	x := &Exchange{Request: r, Response: httptest.NewRecorder()}
	asked := r.http(t)
	asked.Header.Set("Content-Type", plainMediaType(asked.Header.Get("Content-Type")))
	if route, pathParams, err := o.router.FindRoute(asked); err == nil && sameShape(r.Path, o.baseURL+route.Path) {
		x.Operation = o.spec.Operation(t, route.Operation.OperationID)
		x.input = &openapi3filter.RequestValidationInput{Request: asked, PathParams: pathParams, Route: route, Options: o.options}
		asked.Body = io.NopCloser(bytes.NewReader(withoutUnread(x.Operation.Body, r.Body)))
		x.Refusal = openapi3filter.ValidateRequest(t.Context(), x.input)
	}
	handler.ServeHTTP(x.Response, r.http(t))
	return x
}

// withoutUnread removes the members that a choice leaves out, if they have their documented shape. OpenAPI cannot say "only if
// type is purchase".
func withoutUnread(schema *openapi3.Schema, body []byte) []byte {
	var members map[string]json.RawMessage
	if schema == nil || json.Unmarshal(body, &members) != nil {
		return body
	}
	choice, ok := ChoiceOf(schema)
	var chosen string
	if !ok || json.Unmarshal(members[choice.Property], &chosen) != nil || choice.Mapping[chosen] == "" {
		return body
	}
	removed := false
	for _, name := range choice.Others(chosen) {
		var value any
		if members[name] != nil && json.Unmarshal(members[name], &value) == nil && shape(schema.Properties[name].Value).VisitJSON(value) == nil {
			delete(members, name)
			removed = true
		}
	}
	if !removed {
		return body
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err) // the members come from valid JSON
	}
	return text
}

// shape returns a schema without the rules for values. Only the rules for types, null and unknown members are left.
func shape(schema *openapi3.Schema) *openapi3.Schema {
	plain := &openapi3.Schema{Type: schema.Type, Nullable: schema.Nullable, AdditionalProperties: schema.AdditionalProperties}
	for name, inner := range schema.Properties {
		plain.WithProperty(name, shape(inner.Value))
	}
	if schema.Items != nil {
		plain.Items = shape(schema.Items.Value).NewRef()
	}
	return plain
}

// sameShape corrects the router, which ignores a slash at the end, and finds an empty id in /phone_numbers and
// /phone_numbers//notes.
func sameShape(path, template string) bool {
	return strings.Count(path, "/") == strings.Count(template, "/") && !strings.HasSuffix(path, "/") && !strings.Contains(path, "//")
}

// plainMediaType returns a media type in the form that the oracle expects. Letter case and white space matter to the oracle,
// but not in RFC 9110.
func plainMediaType(header string) string {
	mediaType, _, _ := strings.Cut(header, ";")
	return strings.ToLower(strings.TrimSpace(mediaType))
}

// Check checks the response against the spec and the rules for every response. It also decodes the problem.
func (o *Oracle) Check(x *Exchange) error {
	if x.Response.Code >= http.StatusInternalServerError {
		return errors.New("the server failed")
	}
	return o.CheckResponse(x)
}

// CheckResponse is Check for a server that is meant to fail.
func (o *Oracle) CheckResponse(x *Exchange) error {
	code, header := x.Response.Code, x.Response.Header()
	id := header.Get("X-Request-Id")
	if id == "" {
		return errors.New("the response has no X-Request-Id")
	}
	if x.input != nil {
		if err := openapi3filter.ValidateResponse(x.input.Request.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: x.input, Status: code, Header: header, Options: o.options,
			Body: io.NopCloser(bytes.NewReader(x.Response.Body.Bytes())),
		}); err != nil {
			return fmt.Errorf("%s does not document this response: %w", x.ID(), err)
		}
	}
	if code == http.StatusOK {
		return nil
	}
	if err := json.Unmarshal(x.Response.Body.Bytes(), &x.Problem); err != nil {
		return fmt.Errorf("the response is no problem document: %w", err)
	}
	p := x.Problem
	if p.Status != code || p.Title != http.StatusText(code) || p.Type != "about:blank" || p.RequestID != id || header.Get("Content-Type") != api.ProblemMediaType {
		return errors.New("the problem document does not fit the response")
	}
	if documented := x.documentedCodes(); !slices.Contains(documented, p.Code) {
		return fmt.Errorf("%s documents the codes %q for status %d, not %s", x.ID(), documented, code, p.Code)
	}
	return nil
}

// documentedCodes returns the codes in the examples of the response with this status.
func (x *Exchange) documentedCodes() []api.ProblemCode {
	if x.Operation == nil {
		return map[int][]api.ProblemCode{
			http.StatusNotFound:         {api.CodeNotFound},
			http.StatusMethodNotAllowed: {api.CodeMethodNotAllowed},
		}[x.Response.Code]
	}
	return codesOf(x.Operation.Responses.Status(x.Response.Code).Value)
}

// codesOf returns the codes in the examples of a response.
func codesOf(response *openapi3.Response) (codes []api.ProblemCode) {
	content := response.Content[api.ProblemMediaType]
	if content == nil {
		return nil
	}
	for _, example := range Examples(content) {
		code, _ := example.(map[string]any)["code"].(string)
		codes = append(codes, api.ProblemCode(code))
	}
	return codes
}
