package requests

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/internal/spectest"
	"github.com/vogent-community/phonenumbers/internal/spectest/texts"
)

// value makes a valid value for a member or parameter. It often repeats a value that the server has returned or accepted under
// this name, so that requests concern the same things.
func (g *Generator) value(name string, schema *openapi3.Schema) any {
	switch {
	case len(schema.Enum) > 0:
		return fmt.Sprint(pick(g, schema.Enum...))
	case schema.Type.Is(openapi3.TypeString):
		return g.stringValue(name, schema)
	case schema.Type.Is(openapi3.TypeInteger), schema.Type.Is(openapi3.TypeNumber):
		return verbatim(pick(g, g.bounds(schema)...))
	case schema.Type.Is(openapi3.TypeBoolean):
		return verbatim(pick(g, "true", "false"))
	case schema.Type.Is(openapi3.TypeArray):
		list := []any{}
		for range pick(g, 0, 1, 2) + int(schema.MinItems) { //nolint:gosec // a length
			list = append(list, g.value(name, schema.Items.Value))
		}
		return list
	default:
		return g.objectValue(schema)
	}
}

// attempts is how often to try to make a text.
const attempts = 50

func (g *Generator) stringValue(name string, schema *openapi3.Schema) string {
	known := slices.DeleteFunc(slices.Clone(g.Known[name]), func(s string) bool { return !g.keeps(schema, s) })
	if len(known) > 0 && g.chance(75) {
		return pick(g, known...)
	}
	if example, ok := schema.Example.(string); ok && g.chance(15) {
		return example
	}
	t := g.text(schema)
	for range attempts {
		length := pick(g, t.Min, t.Max, t.Min+g.IntN(t.Max-t.Min+1), t.Min+g.IntN(min(16, t.Max-t.Min+1)))
		if s, ok := t.Make(g.Rand, length); ok {
			return s
		}
	}
	if example, ok := schema.Example.(string); ok {
		return example
	}
	panic("requests: no text for the pattern " + schema.Pattern + "; give the schema an example")
}

// keeps reports whether a text follows the rules of a schema. It caches the result, because most texts are checked hundreds of
// times.
func (g *Generator) keeps(schema *openapi3.Schema, s string) bool {
	asked := ruledText{schema, s}
	kept, known := g.kept[asked]
	if !known {
		kept = schema.VisitJSON(s) == nil
		g.kept[asked] = kept
	}
	return kept
}

// text returns the Maker for a schema.
func (g *Generator) text(schema *openapi3.Schema) *texts.Maker {
	if g.texts[schema] == nil {
		g.texts[schema] = texts.New(schema)
	}
	return g.texts[schema]
}

// bounds returns the integers at the edges of the rules, one in between, and those in the document.
func (g *Generator) bounds(schema *openapi3.Schema) []string {
	least, most := int64(0), int64(999_999_999_999_999_999) // as many digits as a query can have
	if schema.Min != nil {
		least = int64(*schema.Min)
	}
	if schema.Max != nil {
		most = int64(*schema.Max)
	}
	texts := []string{}
	for _, n := range []int64{least, least + 1, most, least + g.Int64N(min(most-least, 1500)+1)} {
		texts = append(texts, strconv.FormatInt(min(n, most), 10))
	}
	for _, documented := range []any{schema.Default, schema.Example} {
		if documented != nil {
			texts = append(texts, fmt.Sprint(documented))
		}
	}
	return texts
}

func (g *Generator) objectValue(schema *openapi3.Schema) *object {
	o, chosen := newObject(), ""
	choice, isChoice := spectest.ChoiceOf(schema)
	if isChoice {
		chosen = pick(g, slices.Sorted(maps.Keys(choice.Mapping))...)
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		inner := schema.Properties[name].Value
		switch {
		case isChoice && name == choice.Property:
			o.add(name, chosen)
		case isChoice && name == choice.Mapping[chosen]:
			if g.chance(98) {
				o.add(name, g.value(name, inner))
			}
		case isChoice && choice.Has(name):
			g.addUnread(o, name, inner)
		case slices.Contains(schema.Required, name):
			o.add(name, g.value(name, inner))
		case inner.Nullable && g.chance(15):
			o.add(name, nil)
		case g.chance(60):
			o.add(name, g.value(name, inner))
		}
	}
	g.Shuffle(len(o.members), func(i, j int) { o.members[i], o.members[j] = o.members[j], o.members[i] })
	return o
}

// addUnread adds a member that the choice leaves out, as null or as a value of its shape. Usually, it adds nothing.
func (g *Generator) addUnread(o *object, name string, schema *openapi3.Schema) {
	switch g.IntN(8) {
	case 0:
		o.add(name, nil)
	case 1:
		o.add(name, g.value(name, schema))
	case 2:
		unread := newObject()
		for _, member := range slices.Sorted(maps.Keys(schema.Properties)) {
			if g.chance(70) && schema.Properties[member].Value.Type.Is(openapi3.TypeString) {
				unread.add(member, pick(g, "<string>", "", "x", strings.Repeat("long", 100)))
			}
		}
		o.add(name, unread)
	}
}

// brokenPattern changes a valid text until it no longer matches the pattern.
func (g *Generator) brokenPattern(name string, schema *openapi3.Schema) (string, bool) {
	t := g.text(schema)
	for range attempts {
		s := g.stringValue(name, schema)
		at := g.IntN(len(s) + 1)
		switch g.IntN(4) {
		case 0:
			s = s[:at] + pick(g, oddCharacters...) + s[at:]
		case 1:
			s = s[:at] + s[min(len(s), at+1):]
		case 2:
			s = g.otherCase(s)
		default:
			s += s
		}
		if schema.Pattern != "" && !t.Matches(s) {
			return s, true
		}
	}
	return "", false
}
