package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// responses is what the bodies of the 200 responses must contain, as Go source for the client.
type responses struct {
	Operations []declaration // the body of each operation
	Schemas    []declaration // the schemas that those refer to
}

type declaration struct{ Name, Value string }

// readResponses omits operations without such a body. A test reports the schemas that it cannot
// read.
func readResponses(document *openapi3.T) (r responses) {
	for _, path := range document.Paths.InMatchingOrder() {
		for _, op := range document.Paths.Value(path).Operations() {
			if content := successOf(op); content != nil {
				r.Operations = append(r.Operations, declaration{op.OperationID + "Response", r.shape(content.Schema)})
			}
		}
	}
	byName := func(a, b declaration) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(r.Operations, byName)
	slices.SortFunc(r.Schemas, byName)
	return r
}

// successOf returns the JSON body of the 200 response, or nil if there is none.
func successOf(op *openapi3.Operation) *openapi3.MediaType {
	if ok := op.Responses.Value("200"); ok != nil {
		return ok.Value.Content["application/json"]
	}
	return nil
}

// shape writes a schema as a *shape.Shape.
func (r *responses) shape(ref *openapi3.SchemaRef) string {
	name := ref.Ref[strings.LastIndex(ref.Ref, "/")+1:]
	if name == "" {
		return "&" + r.literal(ref.Value)
	}
	name = strings.ToLower(name[:1]) + name[1:] + "Shape"
	if slices.ContainsFunc(r.Schemas, func(d declaration) bool { return d.Name == name }) {
		return name
	}
	at := len(r.Schemas)
	r.Schemas = append(r.Schemas, declaration{Name: name})
	r.Schemas[at].Value = "&" + r.literal(ref.Value)
	return name
}

// maxMembers is how many members of an object the client can check.
const maxMembers = 64

func (r *responses) literal(schema *openapi3.Schema) string {
	var b strings.Builder
	b.WriteString("shape.Shape{")
	if schema.Nullable {
		b.WriteString("Nullable: true, ")
	}
	if schema.MinLength > 0 || len(schema.Enum) > 0 && !slices.Contains(schema.Enum, any("")) {
		b.WriteString("Filled: true, ")
	}
	if schema.Type.Is(openapi3.TypeArray) {
		fmt.Fprintf(&b, "Items: %s, ", r.shape(schema.Items))
	}
	if schema.Type.Is(openapi3.TypeObject) {
		b.WriteString("Members: []shape.Member{\n")
		for _, name := range inOrder(schema)[:min(maxMembers, len(schema.Properties))] {
			fmt.Fprintf(&b, "{Name: %s, Required: %t, Shape: %s},\n",
				strconv.Quote(name), slices.Contains(schema.Required, name), r.shape(schema.Properties[name]))
		}
		b.WriteString("},")
	}
	b.WriteString("}")
	return b.String()
}

// inOrder returns the names of the members. Those with an x-order come first, in the order of
// oapi-codegen.
func inOrder(schema *openapi3.Schema) []string {
	order := func(name string) float64 {
		if n, ok := schema.Properties[name].Extensions["x-order"].(float64); ok {
			return n
		}
		if n, ok := schema.Properties[name].Value.Extensions["x-order"].(float64); ok {
			return n
		}
		return float64(len(schema.Properties) + 1)
	}
	names := slices.Sorted(maps.Keys(schema.Properties))
	slices.SortStableFunc(names, func(a, b string) int { return int(order(a) - order(b)) })
	return names
}
