package rest_test

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// change is one of the things that can be done to a valid request. Most make it invalid; some must not.
type change struct {
	name  string
	apply func(g *generator, c *call)
}

// change does one thing to the request that fits its operation.
func (g *generator) change(c *call) {
	changes := requestChanges
	if c.path == numbersPath && c.method == http.MethodGet && g.chance(75) {
		changes = listChanges
	}
	if search, ok := c.tree.(*object); ok && strings.HasSuffix(c.path, "/search") && g.chance(25) {
		search.members = append(slices.DeleteFunc(search.members, func(m member) bool { return m.name == "limit" }), member{"limit", pick(g, numerals...)})
		c.done = append(c.done, "another limit")
		return
	}
	if (c.tree != nil || c.body != nil) && g.chance(80) {
		changes = textChanges
		if c.tree != nil && g.chance(75) {
			changes = treeChanges
		}
	}
	chosen := pick(g, changes...)
	chosen.apply(g, c)
	c.done = append(c.done, chosen.name)
}

// treeChanges happen to the body before it is text.
var treeChanges = []change{
	{"a value of another type", onMember(func(g *generator, m *member) { m.value = g.otherType(m.value) })},
	{"null", onMember(func(_ *generator, m *member) { m.value = nil })},
	{"another length", onText(func(g *generator, s string) string { return g.resize(s) })},
	{"odd characters", onText(func(g *generator, s string) string {
		at := g.IntN(len(s) + 1)
		return s[:at] + pick(g, oddCharacters...) + s[at:]
	})},
	{"odd characters only", onText(func(g *generator, _ string) string { return pick(g, oddCharacters...) })},
	{"another letter case", onText(func(g *generator, s string) string { return g.otherCase(s) })},
	{"an unknown value", onText(func(g *generator, s string) string {
		return pick(g, s+"x", s+" ", " "+s, "unknown", "DE", "sip", "+1415555010", "+0123456789")
	})},
	{"the value of another field", onText(func(g *generator, _ string) string {
		return pick(g, g.e164(), g.sipPrefix(), g.terminationURI(), g.agentID(), "purchase", "sip_import", "vogent_sip", "GB", "415")
	})},
	{"another number", onMember(func(g *generator, m *member) { m.value = pick(g, numerals...) })},
	{"another type", func(g *generator, c *call) {
		c.set("type", pick(g, "purchase", "sip_import", "vogent_sip", "PURCHASE"))
	}},
	{"a member missing", onObject(func(g *generator, o *object) {
		if len(o.members) > 0 {
			i := g.IntN(len(o.members))
			o.members = slices.Delete(o.members, i, i+1)
		}
	})},
	{"an unknown member", onObject(func(g *generator, o *object) {
		name := pick(g, "extra", "agent_id", "", "__proto__", "a/b~c", "id", "number", "limit", "prefix", "username")
		o.members = slices.Insert(o.members, g.IntN(len(o.members)+1), member{name, pick[any](g, nil, "x", verbatim("5"), newObject())})
	})},
	{"a member twice", onObject(func(g *generator, o *object) {
		if len(o.members) > 0 {
			again := pick(g, o.members...)
			if g.chance(30) {
				again.value = g.otherType(again.value)
			}
			o.members = slices.Insert(o.members, g.IntN(len(o.members)+1), again)
		}
	})},
	{"a name in another case", onMember(func(g *generator, m *member) { m.name = g.otherCase(m.name) })},
	{"the body of another type", func(g *generator, c *call) { c.tree = g.otherType(c.tree) }},
	{"written oddly", func(_ *generator, c *call) { c.odd = true }},
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

// textChanges happen to the text of the body.
var textChanges = []change{
	{"truncated", onBody(func(g *generator, b []byte) []byte { return b[:g.IntN(len(b)+1)] })},
	{"more behind", onBody(func(g *generator, b []byte) []byte {
		return append(b, pick(g, "x", "{}", " {}", "null", ",", "}", "]", "\x00", "\xff", "\n", " \r\n\t", string(b))...)
	})},
	{"something before", onBody(func(g *generator, b []byte) []byte {
		return append([]byte(pick(g, "\ufeff", "x", "{}", "[", ")]}',\n", " \n")), b...)
	})},
	{"a byte changed", onBody(func(g *generator, b []byte) []byte {
		if len(b) > 0 {
			b[g.IntN(len(b))] = byte(g.IntN(256))
		}
		return b
	})},
	{"a byte too many", onBody(func(g *generator, b []byte) []byte { return slices.Insert(b, g.IntN(len(b)+1), byte(g.IntN(256))) })},
	{"no body", onBody(func(*generator, []byte) []byte { return nil })},
	{"another body", onBody(func(g *generator, _ []byte) []byte {
		return []byte(pick(g, " ", "null", "{}", "[]", `""`, "0", "true", "agentId=agent_1", "<a/>", strings.Repeat("[", 20_000), strings.Repeat(`{"purchase":`, 5_000)))
	})},
	{"as large as it may be, or more", onBody(func(g *generator, b []byte) []byte {
		return append(b, bytes.Repeat([]byte(" "), max(0, 64<<10-len(b)+pick(g, -1, 0, 1, 5000)))...)
	})},
	{"another content type", func(g *generator, c *call) {
		c.header.Set("Content-Type", pick(g, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
			"application/problem+json", "text/json", "application/jsonp", "json", "*/*", "Application/JSON", "application/json ;charset=utf-8",
			"application/json;", "application/json; charset=latin1"))
	}},
	{"no content type", func(_ *generator, c *call) { c.header.Del("Content-Type") }},
	{"two content types", func(g *generator, c *call) { c.header.Add("Content-Type", pick(g, "application/json", "text/plain")) }},
	{"a content coding", func(g *generator, c *call) { c.header.Set("Content-Encoding", pick(g, "gzip", "identity")) }},
}

// requestChanges fit every operation.
var requestChanges = []change{
	{"another key", func(g *generator, c *call) {
		c.header["Authorization"] = pick(g, nil, []string{""}, []string{"Bearer"}, []string{"Bearer "}, []string{"Bearer wrong"},
			[]string{"Bearer " + g.keys.valid + "x"}, []string{"Bearer " + g.keys.revoked}, []string{"Basic " + g.keys.valid}, []string{g.keys.valid},
			[]string{"Bearer " + g.keys.valid, "Bearer " + g.keys.valid}, []string{"bearer  " + g.keys.valid})
	}},
	{"an unknown parameter", func(g *generator, c *call) {
		c.query = append(c.query, pick(g, "x=1", "Limit=5", "LIMIT=5", "limit%20=5", "agent_id=x", "=", "=5", "page", "%00=1", "limit[]=5", "é=1"))
	}},
	{"a query that cannot be parsed", func(g *generator, c *call) {
		c.query = append(c.query, pick(g, "limit=%zz", "%", "x=%f", "limit=1;cursor=2", ";"))
	}},
	{"an empty query", func(g *generator, c *call) { c.query = append(c.query, pick(g, "", "&")) }},
	{"another idempotency key", func(g *generator, c *call) {
		c.header["Idempotency-Key"] = pick(g, []string{""}, []string{"a", "a"}, []string{`"`}, []string{`""`}, []string{`"a`}, []string{`"a"b"`}, []string{`"\a"`},
			[]string{"a b"}, []string{"é"}, []string{strings.Repeat("a", 256)}, []string{`"` + strings.Repeat("a", 256) + `"`})
	}},
	{"a request id", func(g *generator, c *call) {
		c.header.Set("X-Request-Id", pick(g, "mine", "", "with space", "é", strings.Repeat("a", 128), strings.Repeat("a", 129)))
	}},
	{"another id", func(g *generator, c *call) {
		if strings.HasPrefix(c.path, numbersPath+"/") {
			c.path = numbersPath + "/" + pick(g, g.missingID(), g.oddID())
		}
	}},
	{"another method", func(g *generator, c *call) { c.method = pick(g, "GET", "POST", "PUT", "DELETE", "PATCH") }},
	{"another path", func(g *generator, c *call) {
		c.path = pick(g, c.path+"/", c.path+"/x", c.path+"//", numbersPath, numbersPath+"/search", numbersPath+"/purchase", "/api", "/api/", "/api//phone_numbers", "/api/Phone_numbers")
	}},
	{"a body", func(g *generator, c *call) {
		if c.tree == nil && c.body == nil {
			c.tree = pick[any](g, newObject(), g.update(), g.newNumber(), nil)
		}
	}},
}

// listChanges happen to the query of the list.
var listChanges = []change{
	{"another value", func(g *generator, c *call) {
		name := pick(g, "limit", "cursor", "number", "agentId", "type")
		c.query = append(slices.DeleteFunc(c.query, func(p string) bool { return strings.HasPrefix(p, name+"=") }), name+"="+g.oddParameter(name))
	}},
	{"another limit", func(g *generator, c *call) { c.query = []string{"limit=" + g.oddParameter("limit")} }},
	{"a parameter twice", func(g *generator, c *call) {
		if len(c.query) > 0 {
			again := pick(g, c.query...)
			name, _, _ := strings.Cut(again, "=")
			c.query = append(c.query, pick(g, again, name, name+"="))
		}
	}},
	{"a parameter without value", func(g *generator, c *call) {
		c.query = append(c.query, pick(g, "limit", "cursor", "number", "agentId", "type"))
	}},
}

// oddParameter is escaped, or not.
func (g *generator) oddParameter(name string) string {
	value := g.parameter(name)
	switch name {
	case "limit":
		value = pick(g, "", "0", "-1", "-0", "abc", "5.0", "1e1", "0x10", "0b1", "010", "1_0", "+5", " 5", "true", "null", "[]", "５", "9223372036854775807",
			"1000000000000000000", "9223372036854775808", strings.Repeat("9", 400), g.text("123456789", 18, 19))
	case "cursor":
		value = pick(g, "", "x", "null", value+"=", value+"A", value[:len(value)-1], value[:20]+g.text(letters, 2, 2), g.missingID(), "\xff", "\x00", strings.Repeat("A", 5000))
	default:
		value = pick(g, "", g.resize(value), g.otherCase(value), pick(g, oddCharacters...), value+pick(g, oddCharacters...), "null", "5", "+1", "1234567", "-x")
	}
	if g.chance(5) && url.PathEscape(value) == value {
		return value // "+" is a space
	}
	return url.QueryEscape(value)
}

func onObject(apply func(*generator, *object)) func(*generator, *call) {
	return func(g *generator, c *call) {
		if objects, _ := parts(c.tree); len(objects) > 0 {
			apply(g, pick(g, objects...))
		}
	}
}

func onMember(apply func(*generator, *member)) func(*generator, *call) {
	return func(g *generator, c *call) {
		if _, members := parts(c.tree); len(members) > 0 {
			apply(g, pick(g, members...))
		}
	}
}

// onText works on a member that is a string.
func onText(apply func(*generator, string) string) func(*generator, *call) {
	return func(g *generator, c *call) {
		_, members := parts(c.tree)
		members = slices.DeleteFunc(members, func(m *member) bool { _, ok := m.value.(string); return !ok })
		if len(members) > 0 {
			m := pick(g, members...)
			m.value = apply(g, m.value.(string))
		}
	}
}

func onBody(apply func(*generator, []byte) []byte) func(*generator, *call) {
	return func(g *generator, c *call) {
		g.fixText(c)
		c.body = apply(g, c.body)
	}
}

// set gives a member of the top another value, if there is one of that name.
func (c *call) set(name string, value any) {
	_, members := parts(c.tree)
	for _, m := range members {
		if m.name == name {
			m.value = value
		}
	}
}

func (g *generator) otherType(value any) any {
	options := []any{nil, "x", "", verbatim("5"), verbatim("5.5"), verbatim("true"), []any{}, []any{value}, newObject(), newObject(member{"x", value})}
	switch v := value.(type) {
	case string:
		options = append(options, verbatim(strings.TrimPrefix(v, "+")))
	case verbatim:
		options = append(options, string(v))
	}
	return pick(g, options...)
}

// resize knows the lengths at which a rule begins or ends.
func (g *generator) resize(s string) string {
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

func (g *generator) otherCase(s string) string {
	if s == "" {
		return s
	}
	return pick(g, strings.ToUpper(s), strings.ToLower(s), strings.ToUpper(s[:1])+s[1:], s[:len(s)-1]+strings.ToUpper(s[len(s)-1:]))
}
