package rest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// call is a request that the generator has made.
type call struct {
	method string
	path   string   // escaped
	query  []string // name=value, escaped
	tree   any      // the body, until it is text
	body   []byte
	odd    bool // the body is written with escapes and white space that change nothing
	header http.Header
	done   []string // what was done to it
}

func (c *call) String() string {
	body := string(c.body)
	if len(body) > 2000 {
		body = fmt.Sprintf("%s... (%d bytes)", body[:2000], len(body))
	}
	return fmt.Sprintf("%s %s\nheader %q\nbody %q\nmade by %q", c.method, c.target(), c.header, body, c.done)
}

func (c *call) target() string {
	if len(c.query) == 0 {
		return c.path
	}
	return c.path + "?" + strings.Join(c.query, "&")
}

// generator makes requests: valid ones, and valid ones to which something was done.
type generator struct {
	*rand.Rand
	world *world
	keys  testKeys
	keyed []*call // the last few with an idempotency key
}

// testKeys are the keys that requests are made with.
type testKeys struct{ valid, revoked string }

func pick[T any](g *generator, options ...T) T { return options[g.IntN(len(options))] }

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

// next makes a request; the text of its body is final.
func (g *generator) next() *call {
	if len(g.keyed) > 0 && g.chance(5) {
		return pick(g, g.keyed...) // once more
	}
	c := g.valid()
	if g.chance(55) {
		for range pick(g, 1, 1, 1, 2, 3) {
			g.change(c)
		}
	}
	g.fixText(c)
	if c.header.Get("Idempotency-Key") != "" {
		g.keyed = append(g.keyed, c)
		g.keyed = g.keyed[max(0, len(g.keyed)-20):]
	}
	return c
}

const (
	numbersPath = "/api/phone_numbers"
	crowded     = 40 // so many numbers are enough; then more are deleted
)

func (g *generator) valid() *call {
	c := &call{path: numbersPath, header: http.Header{}}
	c.header.Set("Authorization", "Bearer "+g.keys.valid)
	operation := g.IntN(7)
	if len(g.world.live) > crowded && g.chance(30) {
		operation = 6
	}
	switch operation {
	case 0:
		c.method, c.query = http.MethodGet, g.listQuery()
	case 1:
		c.method, c.tree = http.MethodPost, g.newNumber()
	case 2:
		c.method, c.tree = http.MethodPost, g.search()
		c.path += "/search"
	case 3:
		c.method, c.tree = http.MethodPost, newObject(member{"number", g.numberForSale()})
		c.path += "/purchase"
	case 4:
		c.method = http.MethodGet
		c.path += "/" + g.id()
	case 5:
		c.method, c.tree = http.MethodPut, g.update()
		c.path += "/" + g.id()
	default:
		c.method = http.MethodDelete
		c.path += "/" + g.id()
	}
	if (operation == 1 || operation == 3) && g.chance(25) {
		key := uuid.NewString()
		c.header.Set("Idempotency-Key", pick(g, key, `"`+key+`"`, key+`"\`, `"`+key+`\"\\"`, key+strings.Repeat("x", 255-len(key))))
	}
	if c.tree != nil {
		c.header.Set("Content-Type", pick(g, "application/json", "application/json; charset=utf-8"))
	}
	return c
}

func (g *generator) listQuery() []string {
	var query []string
	for _, name := range []string{"limit", "cursor", "number", "agentId", "type"} {
		if g.chance(25) {
			query = append(query, name+"="+url.QueryEscape(g.parameter(name)))
		}
	}
	g.Shuffle(len(query), func(i, j int) { query[i], query[j] = query[j], query[i] })
	return query
}

func (g *generator) parameter(name string) string {
	switch name {
	case "limit":
		return pick(g, "1", "2", "3", "100", "1000", "1001", "999999999999999999")
	case "cursor":
		if len(g.world.cursors) > 0 {
			return pick(g, g.world.cursors...)
		}
		return "AZ2qgHwAcACAAAAAAAAAAQ"
	case "number":
		return pick(g, g.e164(), g.sipPrefix())
	case "agentId":
		return g.agentID()
	default:
		return pick(g, "PSTN", "SIP_USERNAME")
	}
}

func (g *generator) newNumber() *object {
	objects := map[string]*object{
		"purchase": newObject(member{"number", g.numberForSale()}),
		"sipImport": newObject(member{"phoneNumber", g.e164()}, member{"terminationUri", g.terminationURI()},
			member{"username", g.text(usernameLetters, 1, 64)}, member{"password", g.text(printable, 1, 128)}),
		"vogentSip": newObject(member{"sipPrefix", g.sipPrefix()},
			member{"username", g.text(usernameLetters, 5, 64)}, member{"password", g.text(printable, 5, 128)}),
	}
	types := map[string]string{"purchase": "purchase", "sipImport": "sip_import", "vogentSip": "vogent_sip"}
	wanted := pick(g, "purchase", "sipImport", "vogentSip")
	o := newObject(member{"type", types[wanted]})
	for _, name := range []string{"purchase", "sipImport", "vogentSip"} {
		switch {
		case name == wanted:
			if g.chance(98) {
				o.members = append(o.members, member{name, objects[name]})
			}
		case g.chance(20):
			o.members = append(o.members, member{name, nil})
		case g.chance(2):
			o.members = append(o.members, member{name, objects[name]})
		}
	}
	g.Shuffle(len(o.members), func(i, j int) { o.members[i], o.members[j] = o.members[j], o.members[i] })
	return o
}

func (g *generator) search() *object {
	o := newObject(member{"prefix", pick(g, "415", "4", "2", "20", "020", "0207", "2079460", g.text(digits, 1, 11))})
	if g.chance(60) {
		o.members = append(o.members, member{"country", pick(g, "US", "GB", "us", "gb", "uS", "Gb")})
	}
	if g.chance(60) {
		o.members = append(o.members, member{"limit", verbatim(fmt.Sprint(1 + g.IntN(10)))})
	}
	return o
}

func (g *generator) update() *object {
	if g.chance(10) {
		return newObject()
	}
	return newObject(member{"agentId", g.agentID()})
}

const (
	digits          = "0123456789"
	letters         = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	usernameLetters = letters + digits + "!#$%&'()*+,-./;=?@[]^_`{|}~"
	printable       = usernameLetters + ` :"\<>`
)

func (g *generator) text(alphabet string, least, most int) string {
	text := make([]byte, pick(g, least, most, least+g.IntN(most-least+1)))
	for i := range text {
		text[i] = alphabet[g.IntN(len(alphabet))]
	}
	return string(text)
}

func (g *generator) agentID() string {
	return pick(g, "", "agent_1", "agent_2", "agent_3", g.text(letters+digits+"-_", 1, 128))
}

// id is mostly one that there is.
func (g *generator) id() string {
	if len(g.world.live) > 0 && g.chance(88) {
		return pick(g, g.world.live...)
	}
	return pick(g, g.missingID(), g.oddID())
}

func (g *generator) missingID() string {
	missing := append([]string{g.world.foreign, uuid.Must(uuid.NewV7()).String(), uuid.NewString(), uuid.Nil.String()}, g.world.gone...)
	return pick(g, missing...)
}

func (g *generator) oddID() string {
	return pick(g, ".", "..", "%2F", "..%2F", "a%2Fb", "%00", "%20", "%0a", "%ff", "%c3%a9", "%25", "%3F", "%23", ";", "a;b=c", ":id", "*",
		"null", "search", "purchase", "0", "-1", strings.Repeat("a", 10_000), strings.ToUpper(pick(g, append(g.world.live, "x")...)),
		pick(g, append(g.world.live, "x")...)+"%20", "%7Bid%7D")
}

func (g *generator) numberForSale() string {
	if g.chance(90) {
		return pick(g, g.world.forSale...)
	}
	return g.e164()
}

func (g *generator) e164() string {
	return pick(g, "+1"+g.text(digits, 10, 10), "+44"+g.text(digits, 5, 13), "+"+g.text("23456789", 7, 15), pick(g, g.world.forSale...))
}

func (g *generator) sipPrefix() string {
	return pick(g, g.text(letters, 1, 1)+g.text(letters+digits+"-_.~+", 0, 63), fmt.Sprintf("%s-%d", pick(g, "line", "Line", "LINE"), g.IntN(50)),
		g.text(digits, 1, 6), "1234567-")
}

// terminationURI follows the grammar of openapi.yaml. Not every one is valid.
func (g *generator) terminationURI() string {
	label := g.text(letters+digits, 1, 61)
	host := pick(g, "sip.example.com", "sip.example.com.", "localhost", "192.0.2.1", "[2001:db8::1]", "[::ffff:192.0.2.1]", "a-b.c1", "x"+label+"x", "sip", "sips")
	port := pick(g, "", "", ":1", ":5060", ":65535", ":00001")
	transport := pick(g, "", "", ";transport=udp", ";transport=tcp", ";transport=tls", ";Transport=TLS")
	if g.chance(15) {
		host = pick(g, "-a.example", "a-.example", "a..example", ".example", "example..", "1.2.3", "256.1.1.1", "01.2.3.4", "example.1a", "5060", ".", "-",
			strings.Repeat("a", 64), strings.Repeat("a.", 127)+"a", "[::1::2]", "[1.2.3.4]", "[.]", "[:]")
	}
	if g.chance(10) {
		port = pick(g, ":0", ":65536", ":99999", ":00000")
	}
	return pick(g, "", "sip:", "SIP:", "sips:", "Sips:") + host + port + transport
}
