package requests

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// Place is a member or parameter of an operation, with valid requests that differ only there.
type Place struct {
	Operation *spectest.Operation
	Name      string // such as "body /agentId" or "query limit"
	Base      *spectest.Request
	Others    []*spectest.Request
	Default   *spectest.Request // Base with the documented default written out; nil if there is no default
}

// Places makes the requests for each member and parameter of an operation. Values come from Known, the examples and the rules.
// Base has only what is required.
func (g *Generator) Places(op *spectest.Operation) (places []Place) {
	for _, spot := range g.spots(op) {
		place := Place{Operation: op, Name: spot.name, Base: spot.base}
		for _, value := range g.values(spot.field, spot.schema) {
			place.Others = append(place.Others, spot.build(value))
		}
		if standard := spot.schema.Default; standard != nil {
			place.Default = spot.build(literal(spot.schema, standard))
		}
		places = append(places, place)
	}
	return places
}

// spot is a member or parameter of an operation.
type spot struct {
	name     string // such as "body /agentId" or "query limit"
	pointer  string // its name in a problem
	field    string // its last name
	schema   *openapi3.Schema
	required bool
	base     *spectest.Request                 // a valid request, without the spot if possible
	build    func(value any) *spectest.Request // base with the spot
	without  func() *spectest.Request          // base without the spot
}

// spots finds the members and parameters of an operation. It returns the members of a choice once for each way to choose.
func (g *Generator) spots(op *spectest.Operation) (spots []spot) {
	bodies := []any{nil}
	if op.Body != nil {
		bodies = g.least("", op.Body)
	}
	for _, p := range op.Parameters {
		spots = append(spots, spot{
			name: p.In + " " + p.Name, pointer: p.Name, field: p.Name, schema: p.Schema.Value, required: p.Required,
			base:  g.build(op, nil, nil, bodies[0]),
			build: func(value any) *spectest.Request { return g.build(op, p, value, bodies[0]) },
		})
	}
	if op.Body != nil {
		for _, body := range bodies {
			spots = append(spots, g.memberSpots(op, op.Body, body, nil)...)
		}
	}
	return spots
}

// memberSpots finds the members of a body below path, which is empty for the body itself.
func (g *Generator) memberSpots(op *spectest.Operation, schema *openapi3.Schema, body any, path []string) (spots []spot) {
	choice, isChoice := spectest.ChoiceOf(schema)
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		inner, at := schema.Properties[name].Value, append(slices.Clone(path), name)
		if isChoice && choice.Has(name) {
			if chosen, _ := get(body, append(slices.Clone(path), choice.Property)...).(string); choice.Mapping[chosen] == name {
				spots = append(spots, g.memberSpots(op, inner, body, at)...)
			}
			continue
		}
		pointer := "/" + strings.Join(at, "/")
		spots = append(spots, spot{
			name: "body " + pointer, pointer: pointer, field: name, schema: inner, required: slices.Contains(schema.Required, name),
			base:    g.build(op, nil, nil, body),
			build:   func(value any) *spectest.Request { return g.build(op, nil, nil, with(body, value, at)) },
			without: func() *spectest.Request { return g.build(op, nil, nil, without(body, at)) },
		})
		if inner.Type.Is(openapi3.TypeObject) {
			spots = append(spots, g.memberSpots(op, inner, with(body, g.least(name, inner)[0], at), at)...)
		}
	}
	return spots
}

// Least makes a request that has only what is required.
func (g *Generator) Least(op *spectest.Operation) *spectest.Request {
	if op.Body == nil {
		return g.build(op, nil, nil, nil)
	}
	return g.build(op, nil, nil, g.least("", op.Body)[0])
}

// build makes a request with the required parameters, and with value for p.
func (g *Generator) build(op *spectest.Operation, p *openapi3.Parameter, value, tree any) *spectest.Request {
	r := g.start(op)
	r.tree = clone(tree)
	for _, other := range op.Parameters {
		switch {
		case p != nil && other.Name == p.Name && other.In == p.In:
			r.set(p, plainText(value))
		case other.Required:
			r.set(other, plainText(g.values(other.Name, other.Schema.Value)[0]))
		}
	}
	if tree != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, requirement := range g.Spec.Requirements(op)[:1] {
		g.Authorize(r.Request, requirement)
	}
	g.fixText(r)
	return r.Request
}

// least makes the values that have only what is required, one for each choice. They also have the members that the choice
// leaves out.
func (g *Generator) least(name string, schema *openapi3.Schema) (bodies []any) {
	if !schema.Type.Is(openapi3.TypeObject) {
		return []any{g.values(name, schema)[0]}
	}
	choice, isChoice := spectest.ChoiceOf(schema)
	chosen := []string{""}
	if isChoice {
		chosen = slices.Sorted(maps.Keys(choice.Mapping))
	}
	for _, value := range chosen {
		o := newObject()
		for _, member := range slices.Sorted(maps.Keys(schema.Properties)) {
			inner := schema.Properties[member].Value
			switch {
			case isChoice && member == choice.Property:
				o.add(member, value)
			case slices.Contains(schema.Required, member), isChoice && choice.Has(member):
				o.add(member, g.least(member, inner)[0])
			}
		}
		bodies = append(bodies, o)
	}
	return bodies
}

// values returns some valid values. Those that are most likely to have an effect come first.
func (g *Generator) values(name string, schema *openapi3.Schema) (values []any) {
	add := func(value any) {
		if !slices.ContainsFunc(values, func(v any) bool { return fmt.Sprint(v) == fmt.Sprint(value) }) {
			values = append(values, value)
		}
	}
	if schema.Type.Is(openapi3.TypeString) {
		for _, known := range g.Known[name] {
			if schema.VisitJSON(known) == nil {
				add(known)
			}
		}
	}
	for _, value := range schema.Enum {
		add(literal(schema, value))
	}
	if schema.Example != nil {
		add(literal(schema, schema.Example))
	}
	if schema.Type.Is(openapi3.TypeObject) {
		add(g.least(name, schema)[0])
		return values
	}
	for range 6 {
		add(g.value(name, schema))
	}
	return values
}

// literal returns a value from the document as part of a body.
func literal(schema *openapi3.Schema, value any) any {
	if text, ok := value.(string); ok && schema.Type.Is(openapi3.TypeString) {
		return text
	}
	return verbatim(fmt.Sprint(value))
}

func clone(tree any) any {
	o, ok := tree.(*object)
	if !ok {
		return tree
	}
	copied := newObject()
	for _, m := range o.members {
		copied.add(m.name, clone(m.value))
	}
	return copied
}

// get returns the value at a path of names.
func get(tree any, path ...string) any {
	for _, name := range path {
		o, _ := tree.(*object)
		if o == nil {
			return nil
		}
		i := slices.IndexFunc(o.members, func(m member) bool { return m.name == name })
		if i < 0 {
			return nil
		}
		tree = o.members[i].value
	}
	return tree
}

// with returns the tree with value at a path of names.
func with(tree, value any, path []string) any {
	if len(path) == 0 {
		return value
	}
	o, _ := clone(tree).(*object)
	if o == nil {
		o = newObject()
	}
	i := slices.IndexFunc(o.members, func(m member) bool { return m.name == path[0] })
	if i < 0 {
		o.add(path[0], nil)
		i = len(o.members) - 1
	}
	o.members[i].value = with(o.members[i].value, value, path[1:])
	return o
}

// without returns the tree without the member at a path of names.
func without(tree any, path []string) any {
	o, _ := clone(tree).(*object)
	if o == nil {
		return tree
	}
	if len(path) == 1 {
		o.members = slices.DeleteFunc(o.members, func(m member) bool { return m.name == path[0] })
		return o
	}
	return with(o, without(get(o, path[0]), path[1:]), path[:1])
}
