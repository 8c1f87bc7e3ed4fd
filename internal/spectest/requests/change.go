package requests

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// change is a change to a valid request. Most changes make it invalid, but some must not.
type change struct {
	name  string
	apply func(g *Generator, r *draft)
}

// change makes one change to a request.
func (g *Generator) change(r *draft) {
	changes := requestChanges
	hasBody := r.tree != nil || r.Body != nil
	switch {
	case r.Header.Get(idempotencyKey) != "" && g.chance(25):
		changes = headerChanges
	case len(queryParameters(r.op)) > 0 && !hasBody && g.chance(75):
		changes = queryChanges
	case r.tree != nil && g.chance(60):
		changes = treeChanges
	case hasBody && g.chance(50):
		changes = textChanges
	}
	chosen := pick(g, changes...)
	chosen.apply(g, r)
	r.Done = append(r.Done, chosen.name)
}

func queryParameters(o *spectest.Operation) (list []*openapi3.Parameter) {
	for _, p := range o.Parameters {
		if p.In == openapi3.ParameterInQuery {
			list = append(list, p)
		}
	}
	return list
}

// treeChanges change the body before it is written as text.
var treeChanges = []change{
	// The most useful change is chosen more often.
	{"a rule broken", breakRule},
	{"a rule broken", breakRule},
	{"a rule broken", breakRule},
	{"an integer in another notation", otherNotation},
	{"a value of another type", onMember(func(g *Generator, m *member) { m.value = g.otherType(m.value) })},
	{"null", onMember(func(_ *Generator, m *member) { m.value = nil })},
	{"another length", onText(func(g *Generator, s string) string { return g.resize(s) })},
	{"odd characters", onText(func(g *Generator, s string) string {
		at := g.IntN(len(s) + 1)
		return s[:at] + pick(g, oddCharacters...) + s[at:]
	})},
	{"odd characters only", onText(func(g *Generator, _ string) string { return pick(g, oddCharacters...) })},
	{"another letter case", onText(func(g *Generator, s string) string { return g.otherCase(s) })},
	{"an unknown value", onText(func(g *Generator, s string) string {
		return pick(g, s+"x", s+" ", " "+s, "unknown", "DE", "sip", "+1415555010", "+0123456789")
	})},
	{"the value of another member", func(g *Generator, r *draft) {
		if texts := textMembers(r.tree); len(texts) > 0 {
			pick(g, texts...).value = pick(g, texts...).value
		}
	}},
	{"another number", onMember(func(g *Generator, m *member) { m.value = pick(g, numerals...) })},
	{"another value of the set", func(g *Generator, r *draft) {
		eachMember(r.op.Body, r.tree, func(m *member, schema *openapi3.Schema) {
			if len(schema.Enum) > 0 {
				m.value = fmt.Sprint(pick(g, schema.Enum...))
			}
		})
	}},
	{"a member missing", onObject(func(g *Generator, o *object) {
		if len(o.members) > 0 {
			i := g.IntN(len(o.members))
			o.members = slices.Delete(o.members, i, i+1)
		}
	})},
	{"an unknown member", onObject(func(g *Generator, o *object) {
		name := pick(g, "extra", "agent_id", "", "__proto__", "a/b~c", "id", "number", "limit", "prefix", "username")
		o.members = slices.Insert(o.members, g.IntN(len(o.members)+1), member{name, pick[any](g, nil, "x", verbatim("5"), newObject())})
	})},
	{"a member twice", onObject(func(g *Generator, o *object) {
		if len(o.members) > 0 {
			again := pick(g, o.members...)
			if g.chance(30) {
				again.value = g.otherType(again.value)
			}
			o.members = slices.Insert(o.members, g.IntN(len(o.members)+1), again)
		}
	})},
	{"a name in another case", onMember(func(g *Generator, m *member) { m.name = g.otherCase(m.name) })},
	{"the body of another type", func(g *Generator, r *draft) { r.tree = g.otherType(r.tree) }},
	{"written oddly", func(_ *Generator, r *draft) { r.odd = true }},
}

var numerals = []any{
	verbatim("-1"), verbatim("0"), verbatim("-0"), verbatim("1"), verbatim("10"), verbatim("11"), verbatim("5.0"), verbatim("1e1"), verbatim("1E0"),
	verbatim("5.5"), verbatim("10e-1"), verbatim("1e400"), verbatim("9223372036854775807"), verbatim("9223372036854775808"),
	verbatim("123456789012345678901234567890"), verbatim("05"), verbatim("+5"), verbatim("0x5"), verbatim("NaN"), verbatim("5."), verbatim("1_0"),
}

var oddCharacters = []string{
	"é", "ſ", "K", "ß", "😀", "٣", "５", "\u2028", "\ufeff", "\ufffd", "\x00", "\n", "\r", "\t", "\x1f", "\x7f", " ", `"`, `\`, "/", ":", ";", "@", "<", ">",
	"%", "+", "'", "_", "\xff", "\xc0\x80", "\xed\xa0\x80",
}

// oddParameter returns an odd value for a parameter, usually escaped.
func (g *Generator) oddParameter(p *openapi3.Parameter) string {
	value := g.parameter(p)
	breaks := g.breaks(p.Name, p.Schema.Value)
	switch {
	case len(breaks) > 0 && g.chance(40):
		value = plainText(pick(g, breaks...).value)
	case p.Schema.Value.Type.Is(openapi3.TypeInteger):
		value = pick(g, "", "0", "-1", "-0", "abc", "5.0", "1e1", "0x10", "0b1", "010", "1_0", "+5", " 5", "true", "null", "[]", "５", "9223372036854775807",
			"1000000000000000000", "1000000000000000001", "1234567890123456789", "9223372036854775808", strings.Repeat("9", 400), strconv.FormatInt(g.Int64(), 10))
	default:
		value = pick(g, "", g.resize(value), g.otherCase(value), pick(g, oddCharacters...), value+pick(g, oddCharacters...), value+"=", value+"A",
			value[:max(0, len(value)-1)], "null", "5", "+1", "-x", "\xff", "\xff\xfe", value+"\xff", "\xff"+value, "\x00", strings.Repeat("A", 5000), pick(g, append(g.Missing, "")...))
	}
	if g.chance(5) && url.PathEscape(value) == value {
		return value // here, "+" means a space
	}
	return url.QueryEscape(value)
}

// oddSegments are values of a path parameter that identify nothing.
var oddSegments = []string{
	".", "..", "/", "../", "a/b", "\x00", " ", "\n", "\xff", "é", "%", "?", "#", ";", "a;b=c", ":id", "*", "null", "search", "purchase", "0", "-1",
	strings.Repeat("a", 10_000), "{id}", "019DAA80-7C00-7000-8000-000000000001",
}

// breakRule breaks one rule of one member.
func breakRule(g *Generator, r *draft) {
	var members []func()
	eachMember(r.op.Body, r.tree, func(m *member, schema *openapi3.Schema) {
		members = append(members, func() {
			if breaks := g.breaks(m.name, schema); len(breaks) > 0 {
				m.value = pick(g, breaks...).value
			}
		})
	})
	if len(members) > 0 {
		pick(g, members...)()
	}
}

func otherNotation(g *Generator, r *draft) {
	eachMember(r.op.Body, r.tree, func(m *member, schema *openapi3.Schema) {
		if schema.Type.Is(openapi3.TypeInteger) {
			m.value = verbatim(pick(g, "5.0", "1e1", "1E0", "10e-1", "5.5", "05", "-0"))
		}
	})
}

// eachMember calls fn with each member that is in the schema.
func eachMember(schema *openapi3.Schema, tree any, fn func(*member, *openapi3.Schema)) {
	o, ok := tree.(*object)
	if !ok || schema == nil {
		return
	}
	for i := range o.members {
		if inner := schema.Properties[o.members[i].name]; inner != nil {
			fn(&o.members[i], inner.Value)
			eachMember(inner.Value, o.members[i].value, fn)
		}
	}
}

func onObject(apply func(*Generator, *object)) func(*Generator, *draft) {
	return func(g *Generator, r *draft) {
		if objects, _ := parts(r.tree); len(objects) > 0 {
			apply(g, pick(g, objects...))
		}
	}
}

func onMember(apply func(*Generator, *member)) func(*Generator, *draft) {
	return func(g *Generator, r *draft) {
		if _, members := parts(r.tree); len(members) > 0 {
			apply(g, pick(g, members...))
		}
	}
}

// onText applies a change to a member that is a string.
func onText(apply func(*Generator, string) string) func(*Generator, *draft) {
	return func(g *Generator, r *draft) {
		if texts := textMembers(r.tree); len(texts) > 0 {
			m := pick(g, texts...)
			m.value = apply(g, m.value.(string)) //nolint:forcetypeassert // textMembers returns only strings
		}
	}
}

func textMembers(tree any) []*member {
	_, members := parts(tree)
	return slices.DeleteFunc(members, func(m *member) bool { _, ok := m.value.(string); return !ok })
}

func onBody(apply func(*Generator, []byte) []byte) func(*Generator, *draft) {
	return func(g *Generator, r *draft) {
		g.fixText(r)
		r.Body = apply(g, r.Body)
	}
}

func (g *Generator) otherType(value any) any {
	options := []any{nil, "x", "", verbatim("5"), verbatim("5.5"), verbatim("true"), []any{}, []any{value}, newObject(), newObject(member{"x", value})}
	switch v := value.(type) {
	case string:
		options = append(options, verbatim(strings.TrimPrefix(v, "+")))
	case verbatim:
		options = append(options, string(v))
	}
	return pick(g, options...)
}

// resize makes a text shorter or longer.
func (g *Generator) resize(s string) string {
	length := pick(g, 4, 5, g.IntN(18), g.IntN(18), 63, 64, 65, 127, 128, 129, 254, 255, 256, 5000)
	if length < len(s) {
		return s[:length]
	}
	last := "a"
	if s != "" {
		last = s[len(s)-1:]
	}
	return s + strings.Repeat(last, length-len(s))
}

func (g *Generator) otherCase(s string) string {
	if s == "" {
		return s
	}
	return pick(g, strings.ToUpper(s), strings.ToLower(s), strings.ToUpper(s[:1])+s[1:], s[:len(s)-1]+strings.ToUpper(s[len(s)-1:]))
}
