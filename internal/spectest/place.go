package spectest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Place is a member or parameter of a request, with valid requests that differ there only.
type Place struct {
	Operation *Operation
	Name      string // such as "body /agentId" or "query limit"
	Base      *Request
	Others    []*Request
	Default   *Request // Base with the documented default written out, nil if there is none
}

// Places makes the requests for each member and parameter of an operation. Values come from Known,
// the examples and the rules; Base has no more than it must have.
func (g *Generator) Places(op *Operation) (places []Place) {
	bodies := []any{nil}
	if op.Body != nil {
		bodies = g.least("", op.Body)
	}
	for i, body := range bodies {
		build := func(p *openapi3.Parameter, value any, tree any) *Request { return g.build(op, p, value, tree) }
		if i == 0 {
			for _, p := range op.Parameters {
				place := Place{Operation: op, Name: p.In + " " + p.Name, Base: build(nil, nil, body)}
				values := g.values(p.Name, p.Schema.Value)
				if p.Required {
					place.Base = build(p, values[0], body)
				}
				for _, value := range values {
					place.Others = append(place.Others, build(p, value, body))
				}
				if standard := p.Schema.Value.Default; standard != nil {
					place.Default = build(p, verbatim(fmt.Sprint(standard)), body)
				}
				places = append(places, place)
			}
		}
		if op.Body != nil {
			places = append(places, g.bodyPlaces(op, op.Body, body, nil)...)
		}
	}
	return places
}

// Least makes a request with no more than it must have.
func (g *Generator) Least(op *Operation) *Request {
	if op.Body == nil {
		return g.build(op, nil, nil, nil)
	}
	return g.build(op, nil, nil, g.least("", op.Body)[0])
}

// build makes a request with the parameters it must have, and with value for p.
func (g *Generator) build(op *Operation, p *openapi3.Parameter, value, tree any) *Request {
	r := &Request{op: op, Method: op.Method, Path: g.BaseURL + op.Path, Header: http.Header{}, tree: clone(tree)}
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
		g.Authorize(r, requirement)
	}
	g.fixText(r)
	return r
}

// bodyPlaces makes the places of a body below path, which is empty for the body itself.
func (g *Generator) bodyPlaces(op *Operation, schema *openapi3.Schema, body any, path []string) (places []Place) {
	choice, isChoice := ChoiceOf(schema)
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		inner, at := schema.Properties[name].Value, append(slices.Clone(path), name)
		if isChoice && slices.Contains(slices.Collect(maps.Values(choice.Mapping)), name) {
			if chosen, _ := get(body, append(slices.Clone(path), choice.Property)...).(string); choice.Mapping[chosen] == name {
				places = append(places, g.bodyPlaces(op, inner, body, at)...)
			}
			continue
		}
		place := Place{Operation: op, Name: "body /" + strings.Join(at, "/"), Base: g.build(op, nil, nil, body)}
		for _, value := range g.values(name, inner) {
			place.Others = append(place.Others, g.build(op, nil, nil, with(body, value, at)))
		}
		if inner.Default != nil {
			place.Default = g.build(op, nil, nil, with(body, literal(inner, inner.Default), at))
		}
		places = append(places, place)
		if inner.Type.Is(openapi3.TypeObject) {
			places = append(places, g.bodyPlaces(op, inner, with(body, g.least(name, inner)[0], at), at)...)
		}
	}
	return places
}

// least makes the values with no more than they must have: one for each choice. A choice has the
// members that it leaves out, too.
func (g *Generator) least(name string, schema *openapi3.Schema) (bodies []any) {
	if !schema.Type.Is(openapi3.TypeObject) {
		return []any{g.values(name, schema)[0]}
	}
	choice, isChoice := ChoiceOf(schema)
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
			case slices.Contains(schema.Required, member), isChoice && slices.Contains(slices.Collect(maps.Values(choice.Mapping)), member):
				o.add(member, g.least(member, inner)[0])
			}
		}
		bodies = append(bodies, o)
	}
	return bodies
}

// values are some valid values, the likeliest to have an effect first.
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

// literal is a value of the document as part of a body.
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

// get returns what stands at a path of names.
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

// with is the tree with a value at a path of names.
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
