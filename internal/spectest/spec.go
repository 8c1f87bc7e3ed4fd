// Package spectest checks requests and responses against openapi.yaml, and records which parts of
// it a run has seen.
package spectest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers"
)

// Spec is an OpenAPI document.
type Spec struct {
	Document   *openapi3.T
	Operations []*Operation // sorted by id
}

// Operation is an operation, together with what its path item adds to it.
type Operation struct {
	*openapi3.Operation

	Method     string
	Path       string // as in the document
	Parameters []*openapi3.Parameter
	Body       *openapi3.Schema // the schema of its JSON body; nil if it takes none
}

// Load reads openapi.yaml.
func Load(t *testing.T) *Spec {
	t.Helper()
	return Parse(t, phonenumbers.Spec)
}

// Parse reads a document and forbids unknown members in responses. A client must accept them, but
// neither our server nor an example has any.
func Parse(t *testing.T, text []byte) *Spec {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, schema := range document.Components.Schemas {
		if schema.Value.Type.Is(openapi3.TypeObject) {
			schema.Value.AdditionalProperties = openapi3.AdditionalProperties{Has: new(bool)}
		}
	}
	s := &Spec{Document: document}
	for path, item := range document.Paths.Map() {
		for method, op := range item.Operations() {
			o := &Operation{Operation: op, Method: method, Path: path}
			for _, p := range slices.Concat(item.Parameters, op.Parameters) {
				o.Parameters = append(o.Parameters, p.Value)
			}
			if op.RequestBody != nil {
				if content := op.RequestBody.Value.Content["application/json"]; content != nil {
					o.Body = content.Schema.Value
				}
			}
			s.Operations = append(s.Operations, o)
		}
	}
	slices.SortFunc(s.Operations, func(a, b *Operation) int { return strings.Compare(a.OperationID, b.OperationID) })
	return s
}

// Operation returns the operation with this id.
func (s *Spec) Operation(t *testing.T, id string) *Operation {
	t.Helper()
	i := slices.IndexFunc(s.Operations, func(o *Operation) bool { return o.OperationID == id })
	if i < 0 {
		t.Fatalf("openapi.yaml has no operation %s", id)
	}
	return s.Operations[i]
}

// Parameter returns the parameter with this name in a place such as query, or nil if there is none.
func (o *Operation) Parameter(in, name string) *openapi3.Parameter {
	for _, p := range o.Parameters {
		if p.In == in && p.Name == name {
			return p
		}
	}
	return nil
}

// Choice says which member of an object is required, depending on the value of another member
// (x-discriminator). The members that are not chosen may be present in their documented shape; they
// are ignored.
type Choice struct {
	Property string            // the member whose value chooses
	Mapping  map[string]string // from the value to the member
}

// ChoiceOf reads the x-discriminator of a schema.
func ChoiceOf(schema *openapi3.Schema) (c Choice, ok bool) {
	extension, ok := schema.Extensions["x-discriminator"].(map[string]any)
	if !ok {
		return c, false
	}
	mapping, _ := extension["mapping"].(map[string]any)
	c = Choice{Property: fmt.Sprint(extension["propertyName"]), Mapping: map[string]string{}}
	for value, member := range mapping {
		c.Mapping[value] = fmt.Sprint(member)
	}
	return c, true
}

// Has reports whether member is one of the members to choose from.
func (c Choice) Has(member string) bool {
	return slices.Contains(slices.Collect(maps.Values(c.Mapping)), member)
}

// Others returns the members that value does not choose, sorted.
func (c Choice) Others(value string) []string {
	others := slices.Sorted(maps.Values(c.Mapping))
	return slices.DeleteFunc(others, func(member string) bool { return member == c.Mapping[value] })
}

// Examples returns the documented examples of a body.
func Examples(content *openapi3.MediaType) (all []any) {
	if content.Example != nil {
		all = append(all, content.Example)
	}
	for _, name := range slices.Sorted(maps.Keys(content.Examples)) {
		all = append(all, content.Examples[name].Value.Value)
	}
	return all
}
