package redact

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
)

// each returns a function that writes every character of a text in a notation.
func each(notation string) func(string) string {
	return func(text string) string {
		var b strings.Builder
		for _, r := range text {
			switch notation {
			case `\u`:
				if r > 0xffff {
					fmt.Fprintf(&b, `\u%04x\u%04X`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
				} else {
					fmt.Fprintf(&b, `\u%04x`, r)
				}
			case `\U`:
				fmt.Fprintf(&b, `\U%08X`, r)
			case `\x`:
				for _, c := range []byte(string(r)) {
					fmt.Fprintf(&b, `\x%02x`, c)
				}
			case "%X", "%x":
				for _, c := range []byte(string(r)) {
					fmt.Fprintf(&b, "%%%02"+notation[1:], c)
				}
			default:
				fmt.Fprintf(&b, notation, r)
			}
		}
		return b.String()
	}
}

func inJSON(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted[1 : len(quoted)-1])
}

// half returns a function that writes every other character with one function, and the rest with the other.
func half(one, other func(string) string) func(string) string {
	return func(text string) string {
		var b strings.Builder
		for i, r := range []rune(text) {
			write := one
			if i%2 == 0 {
				write = other
			}
			b.WriteString(write(string(r)))
		}
		return b.String()
	}
}

func then(first, second func(string) string) func(string) string {
	return func(text string) string { return second(first(text)) }
}

var notations = map[string]func(string) string{
	"as it is":           func(text string) string { return text },
	"JSON":               inJSON,
	"JSON of others":     func(text string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "/", `\/`).Replace(text) },
	"JSON of ASCII":      func(text string) string { q := fmt.Sprintf("%+q", text); return q[1 : len(q)-1] },
	"JSON, all escaped":  each(`\u`),
	"JSON, half escaped": half(inJSON, each(`\u`)),
	"JSON in JSON":       then(inJSON, inJSON),
	"JSON in JSON twice": then(then(half(inJSON, each(`\u`)), inJSON), inJSON),
	"Go":                 func(text string) string { q := fmt.Sprintf("%q", text); return q[1 : len(q)-1] },
	"Go, all escaped":    each(`\U`),
	"bytes":              each(`\x`),
	"HTML":               html.EscapeString,
	"HTML by name":       strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&apos;", "<", "&lt;", ">", "&gt;", "/", "&sol;", "%", "&percnt;").Replace,
	"HTML, all decimal":  each("&#%d;"),
	"HTML, all hex":      each("&#x%X;"),
	"HTML, half hex":     half(html.EscapeString, each("&#x%x;")),
	"JSON in HTML":       then(inJSON, html.EscapeString),
	"a query":            url.QueryEscape,
	"a path":             url.PathEscape,
	"a query, all upper": each("%X"),
	"a query, all lower": each("%x"),
	"a query, half":      half(url.QueryEscape, each("%x")),
	"JSON in a query":    then(inJSON, url.QueryEscape),
	"a query in JSON":    then(url.QueryEscape, half(inJSON, each(`\u`))),
	"a query in HTML":    then(url.QueryEscape, html.EscapeString),
	"a query in a query": then(url.QueryEscape, url.QueryEscape),
	"HTML in JSON":       then(html.EscapeString, inJSON),
	"three at once":      half(half(each(`\u`), each("&#%d;")), each("%x")),
	"Go in JSON":         then(func(text string) string { q := fmt.Sprintf("%q", text); return q[1 : len(q)-1] }, inJSON),
}
