package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers"
)

func TestTheServerChecksEveryRequestOfTheContract(t *testing.T) {
	for _, reason := range notServable(t, phonenumbers.Spec) {
		t.Error(reason)
	}
}

// The control: the test names each kind of request that the server does not check.
func TestWhatTheServerDoesNotCheckIsNamed(t *testing.T) {
	const operation = "      operationId: updatePhoneNumber\n      x-idempotent: true\n"
	spec := string(phonenumbers.Spec)
	if strings.Count(spec, operation) != 1 {
		t.Fatalf("openapi.yaml has no %q", operation)
	}
	query := func(schema string) string {
		return "      parameters: [{name: extra, in: query, schema: " + schema + "}]\n"
	}
	for name, test := range map[string]struct{ old, new, want string }{
		"a string in the query":   {operation, operation + query("{type: string}"), ""},
		"an integer in the query": {operation, operation + query("{type: integer}"), ""},
		"a boolean in the query":  {operation, operation + query("{type: boolean}"), ""},
		"a number in the query":   {operation, operation + query("{type: number}"), ""},
		"a list in the query": {
			operation, operation + query("{type: array, items: {type: string}}"), "updatePhoneNumber: parameter extra in query is of type [array]",
		},
		"any type in the query": {operation, operation + query("{}"), "updatePhoneNumber: parameter extra in query is of type []"},
		"an integer in a header": {
			operation, operation + "      parameters: [{name: extra, in: header, schema: {type: integer}}]\n",
			"updatePhoneNumber: parameter extra in header is of type [integer]",
		},
		"a cookie": {
			operation, operation + "      parameters: [{name: extra, in: cookie, schema: {type: string}}]\n",
			"updatePhoneNumber: parameter extra in cookie",
		},
		"a response of more than one schema": {
			"                items: {$ref: '#/components/schemas/PhoneNumberCandidate'}\n",
			"                items: {oneOf: [{$ref: '#/components/schemas/PhoneNumberCandidate'}]}\n",
			"searchPhoneNumbers: its 200 response: specgen does not read allOf, anyOf and oneOf",
		},
		"no response with JSON": {
			"            application/json:\n              schema:\n                type: array\n", "            text/csv:\n              schema:\n                type: array\n",
			"searchPhoneNumbers has no 200 response with a JSON body",
		},
		"a second content type": {
			"      requestBody:\n        required: true\n        content:\n",
			"      requestBody:\n        required: true\n        content:\n          text/plain: {schema: {type: string}}\n",
			"its body must be application/json and nothing else",
		},
		"another content type": {
			"          application/json:\n            schema: {$ref: '#/components/schemas/UpdatePhoneNumberInput'}\n",
			"          application/merge-patch+json:\n            schema: {$ref: '#/components/schemas/UpdatePhoneNumberInput'}\n",
			"updatePhoneNumber: its body must be application/json and nothing else",
		},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(spec, test.old, test.new, 1)
			if changed == spec {
				t.Fatalf("openapi.yaml has no %q", test.old)
			}
			got := strings.Join(notServable(t, []byte(changed)), "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q; want %q", got, test.want)
			}
		})
	}
}

// notServable returns the reasons why api/server cannot serve some operations of a document.
func notServable(t *testing.T, spec []byte) (reasons []string) {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(spec)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range document.Paths.InMatchingOrder() {
		item := document.Paths.Value(path)
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			op := item.Operations()[method]
			if err := checkServable(item, op); err != nil {
				reasons = append(reasons, op.OperationID+": "+err.Error())
			}
			if content := successOf(op); content == nil {
				reasons = append(reasons, op.OperationID+" has no 200 response with a JSON body, which the client needs")
			} else if err := checkReadable(content.Schema.Value, map[*openapi3.Schema]bool{}); err != nil {
				reasons = append(reasons, op.OperationID+": its 200 response: "+err.Error())
			}
		}
	}
	return reasons
}

// checkReadable returns an error for a schema that readResponses cannot read, because the client
// would not check it.
func checkReadable(schema *openapi3.Schema, seen map[*openapi3.Schema]bool) error {
	if seen[schema] {
		return nil
	}
	seen[schema] = true
	switch {
	case len(schema.AllOf)+len(schema.AnyOf)+len(schema.OneOf) > 0:
		return errors.New("specgen does not read allOf, anyOf and oneOf, so the client would not check it; use one schema")
	case len(schema.Properties) > maxMembers:
		return fmt.Errorf("an object has %d members, and the client can check %d", len(schema.Properties), maxMembers)
	case schema.Items != nil:
		return checkReadable(schema.Items.Value, seen)
	}
	for name, property := range schema.Properties {
		if err := checkReadable(property.Value, seen); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// checkServable returns an error for an operation that oapi-codegen generates code for but
// api/server does not check. The server would serve its requests more leniently than openapi.yaml
// says, or not at all.
func checkServable(item *openapi3.PathItem, op *openapi3.Operation) error {
	if op.RequestBody != nil {
		content := op.RequestBody.Value.Content
		if len(content) != 1 || content["application/json"] == nil {
			return errors.New("its body must be application/json and nothing else: " +
				"the generated code reads other bodies without the strict decoder")
		}
	}
	for _, ref := range slices.Concat(item.Parameters, op.Parameters) {
		p := ref.Value
		var types *openapi3.Types // nil if the parameter has content instead of a schema
		if p.Schema != nil {
			types = p.Schema.Value.Type
		}
		switch {
		case p.In == openapi3.ParameterInQuery && len(types.Slice()) == 1 && slices.Contains([]string{"string", "integer", "number", "boolean"}, types.Slice()[0]):
		case p.In == openapi3.ParameterInHeader && types.Is("string"):
		case p.In == openapi3.ParameterInPath:
		default:
			return fmt.Errorf("parameter %s in %s is of type %v: teach api/server/params.go to check it",
				p.Name, p.In, types.Slice())
		}
	}
	return nil
}
