package phonenumbers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/vogent-community/phonenumbers"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

type object = map[string]any

func readSpec(t *testing.T) object {
	t.Helper()
	var document object
	if err := yaml.Unmarshal(phonenumbers.Spec, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// at follows names into the document and fails the test if there is nothing.
func at(t *testing.T, node object, names ...string) object {
	t.Helper()
	for _, name := range names {
		next, ok := node[name].(object)
		if !ok {
			t.Fatalf("openapi.yaml has no %q in %s", name, strings.Join(names, "/"))
		}
		node = next
	}
	return node
}

// resolve follows a $ref.
func resolve(t *testing.T, document object, node any) object {
	t.Helper()
	o, _ := node.(object)
	if ref, ok := o["$ref"].(string); ok {
		return at(t, document, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return o
}

// eachOperation calls fn with every operation. It adds the parameters of the path to those of the operation.
func eachOperation(t *testing.T, document object, fn func(name string, op object)) {
	t.Helper()
	for path, item := range at(t, document, "paths") {
		shared, _ := item.(object)["parameters"].([]any)
		for method, op := range item.(object) {
			if method == "parameters" {
				continue
			}
			own, _ := op.(object)["parameters"].([]any)
			op.(object)["parameters"] = slices.Concat(shared, own)
			fn(strings.ToUpper(method)+" "+path, op.(object))
		}
	}
}

// walk calls fn with every object below node.
func walk(path string, node any, fn func(path string, node object)) {
	switch n := node.(type) {
	case object:
		fn(path, n)
		for name, child := range n {
			walk(path+"/"+name, child, fn)
		}
	case []any:
		for i, child := range n {
			walk(fmt.Sprintf("%s/%d", path, i), child, fn)
		}
	}
}

func TestTheSpecHasTheSevenPublishedOperations(t *testing.T) {
	var got []string
	eachOperation(t, readSpec(t), func(name string, op object) {
		got = append(got, fmt.Sprint(op["operationId"], " ", name))
	})
	for _, want := range []string{
		"createPhoneNumber POST /phone_numbers",
		"deletePhoneNumber DELETE /phone_numbers/{id}",
		"getPhoneNumber GET /phone_numbers/{id}",
		"listPhoneNumbers GET /phone_numbers",
		"purchasePhoneNumber POST /phone_numbers/purchase",
		"searchPhoneNumbers POST /phone_numbers/search",
		"updatePhoneNumber PUT /phone_numbers/{id}",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("openapi.yaml does not have %s, which the hosted API publishes", want)
		}
	}
}

func TestEveryAnswerToAKeyedCallSaysWhetherItIsAReplay(t *testing.T) {
	document, keyed := readSpec(t), 0
	eachOperation(t, document, func(name string, op object) {
		for _, p := range op["parameters"].([]any) {
			if resolve(t, document, p)["name"] != "Idempotency-Key" {
				continue
			}
			keyed++
			for status, r := range at(t, op, "responses") {
				if at(t, resolve(t, document, r), "headers")["Idempotent-Replayed"] == nil {
					t.Errorf("%s %s has no Idempotent-Replayed", name, status)
				}
			}
		}
	})
	if keyed != 2 {
		t.Errorf("%d operations take an Idempotency-Key; want 2", keyed)
	}
}

// openapi.yaml must not use anything for which the generator makes ugly or wrong code.
func TestTheSpecAvoidsTheTrapsOfTheGenerator(t *testing.T) {
	document := readSpec(t)
	walk("", document, func(path string, node object) {
		if node["type"] == "string" && node["format"] != nil {
			t.Errorf("%s: a format on a string drags runtime types into api", path)
		}
		if node["allOf"] != nil && node["nullable"] != nil {
			t.Errorf("%s: nullable beside allOf; put it inside the component", path)
		}
		if headers, ok := node["headers"].(object); ok {
			for name, h := range headers {
				header := resolve(t, document, h)
				if schema, _ := header["schema"].(object); schema["type"] != "string" {
					t.Errorf("%s: the header %s is not a string, so a client loses the whole response if it has another value", path, name)
				}
				if header["required"] != nil {
					t.Errorf("%s: the response header %s is required; want it optional", path, name)
				}
			}
		}
	})
	requests := map[string]bool{}
	eachOperation(t, document, func(name string, op object) {
		responses := at(t, op, "responses")
		if responses["default"] != nil {
			t.Errorf("%s: a default response with status 0 drops the connection", name)
		}
		if at(t, responses, "200")["$ref"] != nil {
			t.Errorf("%s: a shared 200 nests twice; write it inline", name)
		}
		if body, ok := op["requestBody"].(object); ok {
			walk("", resolve(t, document, at(t, body, "content", "application/json", "schema")), func(_ string, node object) {
				if ref, ok := node["$ref"].(string); ok {
					requests[strings.TrimPrefix(ref, "#/components/schemas/")] = true
				}
			})
			ref, _ := at(t, body, "content", "application/json", "schema")["$ref"].(string)
			requests[strings.TrimPrefix(ref, "#/components/schemas/")] = true
		}
	})
	for name, s := range at(t, document, "components", "schemas") {
		schema := s.(object)
		if strings.HasSuffix(name, "Response") {
			t.Errorf("schema %s is named like a generated wrapper", name)
		}
		closed := schema["additionalProperties"] == false
		if schema["type"] == "object" && closed != requests[name] {
			t.Errorf("schema %s: of a request: %t, closed: %t; requests are closed, responses can grow", name, requests[name], closed)
		}
	}
}

// A text in PostgreSQL cannot hold the character U+0000.
func TestNoTextOfARequestCanHoldANUL(t *testing.T) {
	notKept := []string{"listPhoneNumbers: query cursor"} // the server decodes it
	for _, op := range spectest.Load(t).Operations {
		check := func(place string, schema *openapi3.Schema) {
			if schema.Type.Is(openapi3.TypeString) && schema.VisitJSON("a\x00") == nil && !slices.Contains(notKept, op.OperationID+": "+place) {
				t.Errorf("%s: %s can hold U+0000, which PostgreSQL cannot keep; give it a pattern, such as '^[^\\x00-\\x1F\\x7F]*$'", op.OperationID, place)
			}
		}
		for _, p := range op.Parameters {
			if p.In == openapi3.ParameterInQuery {
				check("query "+p.Name, p.Schema.Value)
			}
		}
		var members func(at string, schema *openapi3.Schema)
		members = func(at string, schema *openapi3.Schema) {
			check(at, schema)
			for name, property := range schema.Properties {
				members(at+"/"+name, property.Value)
			}
			if schema.Items != nil {
				members(at+"/*", schema.Items.Value)
			}
		}
		if op.Body != nil {
			members("body ", op.Body)
		}
	}
}

func TestTheServersOfTheSpecAreThoseOfTheCode(t *testing.T) {
	servers, _ := readSpec(t)["servers"].([]any)
	if len(servers) != 2 {
		t.Fatalf("openapi.yaml has %d servers; want the hosted API and this project's server", len(servers))
	}
	if url := fmt.Sprint(servers[0].(object)["url"]); url != client.DefaultBaseURL {
		t.Errorf("the first server is %s; want client.DefaultBaseURL, %s", url, client.DefaultBaseURL)
	}
	if url := fmt.Sprint(servers[1].(object)["url"]); !strings.HasSuffix(url, rest.BaseURL) {
		t.Errorf("the second server is %s; want rest.BaseURL, %s, last", url, rest.BaseURL)
	}
}

// A filter accepts everything that a number can be: an E.164 number, or a SIP prefix.
func TestTheNumberFilterTakesEveryNumber(t *testing.T) {
	document := readSpec(t)
	inside := func(node object) string {
		pattern, _ := node["pattern"].(string)
		return strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "$")
	}
	schemas := at(t, document, "components", "schemas")
	e164 := inside(at(t, schemas, "E164Number"))
	prefix := inside(at(t, schemas, "VogentSIPDetails", "properties", "sipPrefix"))
	want := "^(" + e164 + "|" + strings.TrimSuffix(strings.TrimPrefix(prefix, "("), ")") + ")$"
	for _, p := range at(t, document, "paths", "/phone_numbers", "get")["parameters"].([]any) {
		if parameter := resolve(t, document, p); parameter["name"] == "number" {
			if got := at(t, parameter, "schema")["pattern"]; got != want {
				t.Errorf("the filter number has the pattern %v; want that of E164Number or of sipPrefix: %s", got, want)
			}
			return
		}
	}
	t.Error("openapi.yaml has no filter named number")
}
