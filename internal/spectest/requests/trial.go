package requests

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// Trial is a request that tests one rule of one member or parameter. It just follows the rule, or just breaks it.
type Trial struct {
	Operation *spectest.Operation
	Name      string // such as "body /agentId: maxLength"
	Pointer   string // the name of the member or parameter in a problem
	Broken    bool
	Request   *spectest.Request
}

// Trials makes requests at the edges of each rule of an operation, and requests that break one rule.
func (g *Generator) Trials(op *spectest.Operation) (trials []Trial) {
	for _, spot := range g.spots(op) {
		add := func(rule string, broken bool, r *spectest.Request) {
			trials = append(trials, Trial{op, spot.name + ": " + rule, spot.pointer, broken, r})
		}
		for _, edge := range g.edges(spot.schema) {
			add(edge.rule, false, spot.build(edge.value))
		}
		breaks := g.breaks(spot.field, spot.schema)
		if spot.without != nil {
			breaks = append(breaks, typeBreaks(spot.schema)...)
			if spot.required {
				add("required", true, spot.without())
			}
		}
		for _, broken := range breaks {
			add(broken.rule, true, spot.build(broken.value))
		}
	}
	return trials
}

// ruled is a value made for a rule.
type ruled struct {
	rule  string
	value any
}

// edges returns valid values at the edges of each rule.
func (g *Generator) edges(schema *openapi3.Schema) (edges []ruled) {
	for _, value := range schema.Enum {
		edges = append(edges, ruled{"enum", literal(schema, value)})
	}
	switch {
	case len(edges) > 0:
	case schema.Type.Is(openapi3.TypeString):
		t := g.text(schema)
		for _, end := range []struct {
			rule   string
			length int
		}{{"minLength", t.Min}, {"maxLength", t.Max}} {
			if s, ok := t.Exactly(g.Rand, end.length); ok && schema.VisitJSON(s) == nil {
				edges = append(edges, ruled{end.rule, s})
			}
		}
		for range 5 {
			edges = append(edges, ruled{"pattern", g.stringValue("", schema)})
		}
	case schema.Type.Is(openapi3.TypeInteger):
		for _, text := range g.bounds(schema) {
			edges = append(edges, ruled{"bounds", verbatim(text)})
		}
	case schema.Type.Is(openapi3.TypeBoolean):
		edges = append(edges, ruled{"type", verbatim("true")}, ruled{"type", verbatim("false")})
	}
	if schema.Nullable {
		edges = append(edges, ruled{"nullable", nil})
	}
	return edges
}

// breaks returns values that break one rule each.
func (g *Generator) breaks(field string, schema *openapi3.Schema) (breaks []ruled) {
	add := func(rule string, value any) { breaks = append(breaks, ruled{rule, value}) }
	switch {
	case len(schema.Enum) > 0:
		first := fmt.Sprint(schema.Enum[0])
		add("enum", "unknown")
		add("enum", first+" ")
		if other := g.otherCase(first); other != first {
			add("enum", other)
		}
	case schema.Type.Is(openapi3.TypeString):
		t := g.text(schema)
		if schema.MaxLength != nil {
			if s, ok := t.Exactly(g.Rand, t.Max+1); ok {
				add("maxLength", s)
			}
		}
		if t.Min > 0 {
			if s, ok := t.Exactly(g.Rand, t.Min-1); ok {
				add("minLength", s)
			}
		}
		for range 5 {
			if s, ok := g.brokenPattern(field, schema); ok && utf8.ValidString(s) {
				add("pattern", s)
			}
		}
	case schema.Type.Is(openapi3.TypeInteger):
		if schema.Min != nil {
			add("minimum", verbatim(strconv.FormatInt(int64(*schema.Min)-1, 10)))
		}
		if schema.Max != nil {
			add("maximum", verbatim(strconv.FormatInt(int64(*schema.Max)+1, 10)))
		}
		add("type", verbatim(`"x"`))
	}
	return breaks
}

// typeBreaks returns values of types that a member does not have.
func typeBreaks(schema *openapi3.Schema) (breaks []ruled) {
	for _, other := range []struct {
		kind  string
		value any
	}{
		{openapi3.TypeString, "text"},
		{openapi3.TypeInteger, verbatim("5")},
		{openapi3.TypeBoolean, verbatim("true")},
		{openapi3.TypeArray, []any{}},
		{openapi3.TypeObject, newObject()},
	} {
		if schema.Type.Is(other.kind) || other.kind == openapi3.TypeInteger && schema.Type.Is(openapi3.TypeNumber) {
			continue
		}
		breaks = append(breaks, ruled{"type", other.value})
	}
	if !schema.Nullable {
		breaks = append(breaks, ruled{"nullable", nil})
	}
	return breaks
}
