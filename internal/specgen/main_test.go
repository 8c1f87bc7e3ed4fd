package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers"
)

func TestTheGeneratedFilesAreOfThisOpenAPIDocument(t *testing.T) {
	files, err := render(phonenumbers.Spec)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile("../../" + name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale, or changed by hand; run go generate (%v)", name, err)
		}
	}
	if len(files) != 3 {
		t.Errorf("got %d files; want 3", len(files))
	}
}

// What the server would not check must not get as far as code.
func TestAContractThatTheServerDoesNotCheckIsRefused(t *testing.T) {
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
		"a boolean in the query":  {operation, operation + query("{type: boolean}"), "updatePhoneNumber: parameter extra in query is of type [boolean]"},
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
			_, err := render([]byte(changed))
			switch {
			case test.want == "" && err != nil:
				t.Errorf("got error %v; want none", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got error %v; want %q", err, test.want)
			}
		})
	}
}
