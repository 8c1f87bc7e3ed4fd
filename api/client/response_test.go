package client_test

import (
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// flaw is a response that differs from its schema in one place.
type flaw struct {
	at   string // such as data/0/id
	kind kind
	body string
}

type kind string

const (
	isMissing kind = "without"
	isNull    kind = "with null for"
	isEmpty   kind = "with an empty"
	isOther   kind = "with another type of"
)

// says matches what an error says about the flaw.
func (f flaw) says() *regexp.Regexp {
	at := regexp.QuoteMeta(f.at)
	switch f.kind {
	case isMissing:
		return regexp.MustCompile("^a required member is missing: " + at)
	case isNull:
		return regexp.MustCompile("^" + at + " is null")
	case isEmpty:
		return regexp.MustCompile("^" + at + " is empty")
	default: // from Go 1.27 on, encoding/json says which element
		return regexp.MustCompile("^" + regexp.MustCompile(`\d+/`).ReplaceAllString(at, "($0)?") + " has the wrong type: ")
	}
}

// complete adds to an example each member that it leaves out and that has an example of its own.
func complete(schema *openapi3.Schema, example any) {
	switch example := example.(type) {
	case []any:
		for _, element := range example {
			complete(schema.Items.Value, element)
		}
	case map[string]any:
		for name, property := range schema.Properties {
			if _, ok := example[name]; !ok && property.Value.Example != nil {
				example[name] = property.Value.Example
			}
			complete(property.Value, example[name])
		}
	}
}

// flaws returns every flaw that is one change away from an example of a response.
func flaws(schema *openapi3.Schema, example any) (all []flaw) {
	add := func(path []string, k kind) {
		all = append(all, flaw{strings.Join(path, "/"), k, encode(example)})
	}
	var visit func(schema *openapi3.Schema, node any, path []string)
	visit = func(schema *openapi3.Schema, node any, path []string) {
		switch node := node.(type) {
		case []any:
			for i, element := range node {
				at := append(slices.Clone(path), strconv.Itoa(i))
				node[i] = nil
				add(at, isNull)
				node[i] = element
				visit(schema.Items.Value, element, at)
			}
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
				value, ok := node[name]
				if !ok {
					continue
				}
				inner, at := schema.Properties[name].Value, append(slices.Clone(path), name)
				if slices.Contains(schema.Required, name) {
					delete(node, name)
					add(at, isMissing)
					if !inner.Nullable {
						node[name] = nil
						add(at, isNull)
					}
				}
				if inner.MinLength > 0 {
					node[name] = ""
					add(at, isEmpty)
				}
				for _, node[name] = range wrongTypes(inner) {
					add(at, isOther)
				}
				node[name] = value
				visit(inner, value, at)
			}
		}
	}
	visit(schema, example, nil)
	return all
}

// wrongTypes returns a value of each JSON type that the schema does not have.
func wrongTypes(schema *openapi3.Schema) (values []any) {
	for types, value := range map[string]any{
		openapi3.TypeString: "text", openapi3.TypeNumber + openapi3.TypeInteger: 5, openapi3.TypeBoolean: true,
		openapi3.TypeArray: []any{}, openapi3.TypeObject: map[string]any{},
	} {
		if !slices.ContainsFunc(schema.Type.Slice(), func(own string) bool { return strings.Contains(types, own) }) {
			values = append(values, value)
		}
	}
	return values
}

// places returns the paths of the members of a schema at any depth, with 0 for the index of an element.
func places(schema *openapi3.Schema, path string) (all []string) {
	if schema.Type.Is(openapi3.TypeArray) {
		return places(schema.Items.Value, path+"0/")
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		all = append(all, path+name)
		all = append(all, places(schema.Properties[name].Value, path+name+"/")...)
	}
	return all
}

// A response is accepted if it has all that openapi.yaml requires. An error names what is missing or wrong.
func TestAResponseHasWhatOpenAPIRequires(t *testing.T) {
	for _, op := range spectest.Load(t).Operations {
		send := func(body string) error {
			c := inBubble(t, func(*http.Request) (*http.Response, error) { return reply(http.StatusOK, nil, body), nil }, client.WithRetries(0)).WithoutJitter(0)
			return methods[op.OperationID].call(t.Context(), c)
		}
		content := op.Responses.Status(http.StatusOK).Value.Content["application/json"]
		seen := map[string]bool{}
		for _, example := range spectest.Examples(content) {
			complete(content.Schema.Value, example)
			if members, isObject := example.(map[string]any); isObject {
				maps.Copy(members, methods[op.OperationID].asked)
			}
			if err := send(encode(example)); err != nil {
				t.Errorf("%s: the example of openapi.yaml gives the error %v; want none", op.OperationID, err)
			}
			for _, f := range flaws(content.Schema.Value, example) {
				seen[regexp.MustCompile(`\d+/`).ReplaceAllString(f.at, "0/")] = true
				var failure *client.Error
				err := send(f.body)
				switch {
				case !errors.As(err, &failure):
					t.Errorf("%s: a response %s %s: error is %#v; want a *client.Error: %s", op.OperationID, f.kind, f.at, err, f.body)
				case !f.says().MatchString(failure.Detail):
					t.Errorf("%s: a response %s %s: error is %v; want one that says %q", op.OperationID, f.kind, f.at, err, f.says())
				}
			}
		}
		for _, place := range places(content.Schema.Value, "") {
			if !seen[place] {
				t.Errorf("%s: no example of its 200 has %s, and the member itself has no example; give openapi.yaml one", op.OperationID, place)
			}
		}
	}
}
