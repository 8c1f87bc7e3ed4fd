package spectest

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"net/url"

	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/vogent-community/phonenumbers/api"
)

// Exchange is a request with its response, and what the oracle says about the request.
type Exchange struct {
	*Request
	Operation *Operation  // nil if the spec has no such path or method
	Refusal   error       // nil if the spec accepts the request
	Problem   api.Problem // in a response other than 200
	Response  *httptest.ResponseRecorder

	input *openapi3filter.RequestValidationInput
}

// ID returns the operationId, or an empty string if the spec has no such path or method.
func (x *Exchange) ID() string {
	if x.Operation == nil {
		return ""
	}
	return x.Operation.OperationID
}

// PathParameter returns the value of a parameter in the path.
func (x *Exchange) PathParameter(name string) string {
	value, err := url.PathUnescape(x.input.PathParams[name])
	if err != nil {
		panic(err) // a request cannot have such a path
	}
	return value
}

// At returns the value at a path of names in the first JSON value of the body, or nil if there is
// none.
func (x *Exchange) At(names ...string) any {
	if !x.TakesBody() {
		return nil
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(x.Body))
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

// Text is At for a string.
func (x *Exchange) Text(names ...string) string {
	s, _ := x.At(names...).(string)
	return s
}

// Parameter returns the first value of a query parameter. The oracle ignores the others.
func (x *Exchange) Parameter(name string) string { return x.input.Request.URL.Query().Get(name) }

// TakesBody reports whether the body matters at all.
func (x *Exchange) TakesBody() bool { return x.Operation.RequestBody != nil }

// URL returns the URL of the request.
func (x *Exchange) URL() *url.URL { return x.input.Request.URL }
