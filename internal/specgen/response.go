package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// responses is what the bodies of the 200 responses must have, as Go source for the client.
type responses struct {
	Operations []declaration // the body of each operation
	Schemas    []declaration // the schemas that those refer to
}

type declaration struct{ Name, Value string }

func readResponses(document *openapi3.T) (r responses, err error) {
	for _, path := range document.Paths.InMatchingOrder() {
		item := document.Paths.Value(path)
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			spec := item.Operations()[method]
			ok := spec.Responses.Value("200")
			if ok == nil || ok.Value.Content.Get("application/json") == nil {
				return r, fmt.Errorf("%s has no 200 response with a JSON body, which the client needs", spec.OperationID)
			}
			value, err := r.shape(ok.Value.Content.Get("application/json").Schema)
			if err != nil {
				return r, fmt.Errorf("the 200 response of %s: %w", spec.OperationID, err)
			}
			r.Operations = append(r.Operations, declaration{spec.OperationID + "Response", value})
		}
	}
	byName := func(a, b declaration) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(r.Operations, byName)
	slices.SortFunc(r.Schemas, byName)
	return r, nil
}

// shape writes a schema as a *shape of the client.
func (r *responses) shape(ref *openapi3.SchemaRef) (string, error) {
	name := ref.Ref[strings.LastIndex(ref.Ref, "/")+1:]
	if name == "" {
		value, err := r.literal(ref.Value)
		return "&" + value, err
	}
	name = strings.ToLower(name[:1]) + name[1:] + "Shape"
	if slices.ContainsFunc(r.Schemas, func(d declaration) bool { return d.Name == name }) {
		return name, nil
	}
	at := len(r.Schemas)
	r.Schemas = append(r.Schemas, declaration{Name: name})
	value, err := r.literal(ref.Value)
	r.Schemas[at].Value = "&" + value
	return name, err
}

// maxMembers is how many members of an object the client can tell apart.
const maxMembers = 64

func (r *responses) literal(schema *openapi3.Schema) (string, error) {
	var b strings.Builder
	b.WriteString("shape{")
	switch {
	case len(schema.AllOf)+len(schema.AnyOf)+len(schema.OneOf) > 0:
		return "", fmt.Errorf("specgen does not read allOf, anyOf and oneOf, so the client would not check it; use one schema")
	case len(schema.Properties) > maxMembers:
		return "", fmt.Errorf("an object has %d members, and the client can check %d", len(schema.Properties), maxMembers)
	}
	if schema.Nullable {
		b.WriteString("nullable: true, ")
	}
	if schema.MinLength > 0 || len(schema.Enum) > 0 && !slices.Contains(schema.Enum, any("")) {
		b.WriteString("filled: true, ")
	}
	if schema.Type.Is(openapi3.TypeArray) {
		items, err := r.shape(schema.Items)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "items: %s, ", items)
	}
	if schema.Type.Is(openapi3.TypeObject) {
		b.WriteString("members: []member{\n")
		for _, name := range inOrder(schema) {
			inner, err := r.shape(schema.Properties[name])
			if err != nil {
				return "", fmt.Errorf("%s: %w", name, err)
			}
			fmt.Fprintf(&b, "{name: %s, required: %t, shape: %s},\n", strconv.Quote(name), slices.Contains(schema.Required, name), inner)
		}
		b.WriteString("},")
	}
	b.WriteString("}")
	return b.String(), nil
}

// inOrder are the names of the members, those with an x-order first, as oapi-codegen orders them.
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
