package rest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

func TestOpenAPIDocumentIsValidWithItsExamples(t *testing.T) {
	t.Parallel()
	if err := spectest.Load(t).Document.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
}

// A user who copies an example from the document must get the response that the document promises.
func TestTheServerAcceptsEveryExampleOfARequest(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		bodies, parameters := 0, 0
		bench := newBench(t, newDB(t))
		try := func(t *testing.T, method, path, query, body string, header ...string) {
			t.Helper()
			x := bench.send(t, method, "/api"+path+query, body, header...)
			if err := bench.oracle.Check(x); err != nil {
				t.Errorf("%v\nthe response breaks the spec: %v", x.Request, err)
			}
			if x.Refusal != nil {
				t.Errorf("%v\nthe spec refuses the request: %v; want it accepted", x.Request, x.Refusal)
			}
			if x.Response.Code != http.StatusOK {
				t.Errorf("%v\ngot %d %s; want 200", x.Request, x.Response.Code, x.Response.Body)
			}
		}
		for path, item := range spectest.Load(t).Document.Paths.Map() {
			for method, operation := range item.Operations() {
				for _, parameter := range operation.Parameters {
					parameters++
					if parameter.Value.Example == nil {
						t.Errorf("%s: the parameter %s has no example", operation.OperationID, parameter.Value.Name)
					}
					if parameter.Value.In == openapi3.ParameterInHeader {
						body, err := json.Marshal(spectest.Examples(operation.RequestBody.Value.Content["application/json"])[0])
						if err != nil {
							t.Fatal(err)
						}
						t.Run(parameter.Value.Name, func(t *testing.T) {
							try(t, method, path, "", string(body), parameter.Value.Name, path+fmt.Sprint(parameter.Value.Example))
						})
						continue
					}
					query := "?" + url.Values{parameter.Value.Name: {fmt.Sprint(parameter.Value.Example)}}.Encode()
					t.Run(query, func(t *testing.T) { try(t, method, path, query, "") })
				}
				if operation.RequestBody == nil {
					continue
				}
				examples := spectest.Examples(operation.RequestBody.Value.Content["application/json"])
				if len(examples) == 0 {
					t.Errorf("%s has no example of a body", operation.OperationID)
				}
				for _, example := range examples {
					bodies++
					body, err := json.Marshal(example)
					if err != nil {
						t.Fatal(err)
					}
					t.Run(string(body), func(t *testing.T) { try(t, method, path, "", string(body)) })
				}
			}
		}
		if bodies < 8 || parameters < 5 {
			t.Errorf("found %d examples of bodies and %d of parameters; want 8 and 5 or more", bodies, parameters)
		}
	})
}
