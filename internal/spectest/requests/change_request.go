package requests

import (
	"bytes"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// textChanges change the text of the body.
var textChanges = []change{
	{"truncated", onBody(func(g *Generator, b []byte) []byte { return b[:g.IntN(len(b)+1)] })},
	{"more behind", onBody(func(g *Generator, b []byte) []byte {
		return append(b, pick(g, "x", "{}", " {}", "null", ",", "}", "]", "\x00", "\xff", "\n", " \r\n\t", string(b))...)
	})},
	{"something before", onBody(func(g *Generator, b []byte) []byte {
		return append([]byte(pick(g, "\ufeff", "x", "{}", "[", ")]}',\n", " \n")), b...)
	})},
	{"a byte changed", onBody(func(g *Generator, b []byte) []byte {
		if len(b) > 0 {
			b[g.IntN(len(b))] = byte(g.IntN(256))
		}
		return b
	})},
	{"a byte too many", onBody(func(g *Generator, b []byte) []byte { return slices.Insert(b, g.IntN(len(b)+1), byte(g.IntN(256))) })},
	{"no body", onBody(func(*Generator, []byte) []byte { return nil })},
	{"another body", onBody(func(g *Generator, _ []byte) []byte {
		return []byte(pick(g, " ", "null", "{}", "[]", `""`, "0", "true", "agentId=agent_1", "<a/>", strings.Repeat("[", 20_000), strings.Repeat(`{"purchase":`, 5_000)))
	})},
	{"as large as it may be, or more", onBody(func(g *Generator, b []byte) []byte {
		return append(b, bytes.Repeat([]byte(" "), max(0, 64<<10-len(b)+pick(g, -1, 0, 1, 5000)))...)
	})},
	{"another content type", func(g *Generator, r *draft) {
		r.Header.Set("Content-Type", pick(g, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
			"application/problem+json", "text/json", "application/jsonp", "json", "*/*", "Application/JSON", "application/json ;charset=utf-8",
			"application/json;", "application/json; charset=latin1"))
	}},
	{"no content type", func(_ *Generator, r *draft) { r.Header.Del("Content-Type") }},
	{"two content types", func(g *Generator, r *draft) {
		r.Header.Add("Content-Type", pick(g, "application/json", "text/plain"))
	}},
	{"a content coding", func(g *Generator, r *draft) { r.Header.Set("Content-Encoding", pick(g, "gzip", "identity")) }},
}

// requestChanges are possible for every operation.
var requestChanges = []change{
	{"another key", func(g *Generator, r *draft) {
		r.Header["Authorization"] = pick(g, nil, []string{""}, []string{"Bearer"}, []string{"Bearer "}, []string{"Bearer wrong"},
			[]string{"Bearer " + g.Keys.Valid + "x"}, []string{"Bearer " + g.Keys.Revoked}, []string{"Basic " + g.Keys.Valid}, []string{g.Keys.Valid},
			[]string{"Bearer " + g.Keys.Valid, "Bearer " + g.Keys.Valid}, []string{"bearer  " + g.Keys.Valid})
	}},
	{"an unknown parameter", func(g *Generator, r *draft) {
		r.Query = append(r.Query, pick(g, "x=1", "Limit=5", "LIMIT=5", "limit%20=5", "agent_id=x", "=", "=5", "page", "%00=1", "limit[]=5", "é=1"))
	}},
	{"a query that cannot be parsed", func(g *Generator, r *draft) {
		r.Query = append(r.Query, pick(g, "limit=%zz", "%", "x=%f", "limit=1;cursor=2", ";"))
	}},
	{"an empty query", func(g *Generator, r *draft) { r.Query = append(r.Query, pick(g, "", "&")) }},
	{"a request id", func(g *Generator, r *draft) {
		r.Header.Set("X-Request-Id", pick(g, "mine", "", "with space", "é", strings.Repeat("a", 128), strings.Repeat("a", 129)))
	}},
	{"another path parameter", func(g *Generator, r *draft) {
		r.Path = g.BaseURL + r.op.Path
		for _, p := range r.op.Parameters {
			if p.In == openapi3.ParameterInPath {
				r.set(p, pick(g, append(slices.Clone(g.Missing), oddSegments...)...))
			}
		}
	}},
	{"another method", func(g *Generator, r *draft) { r.Method = pick(g, "GET", "POST", "PUT", "DELETE", "PATCH") }},
	{"another path", func(g *Generator, r *draft) {
		r.Path = pick(g, r.Path+"/", r.Path+"/x", r.Path+"//", g.BaseURL, g.BaseURL+"/", g.BaseURL+"/"+r.op.Path, strings.ToUpper(r.Path),
			g.BaseURL+pick(g, g.Spec.Operations...).Path)
	}},
	{"a body", func(g *Generator, r *draft) {
		if r.tree == nil && r.Body == nil {
			other := pick(g, g.Spec.Operations...)
			if r.tree = newObject(); other.Body != nil {
				r.tree = g.value("", other.Body)
			}
		}
	}},
}

// headerChanges are for requests with an idempotency key.
var headerChanges = []change{
	{"another idempotency key", func(g *Generator, r *draft) {
		r.Header["Idempotency-Key"] = pick(g, []string{""}, []string{"a", "a"}, []string{`"`}, []string{`""`}, []string{`"a`}, []string{`"a"b"`}, []string{`"\a"`},
			[]string{"a b"}, []string{"é"}, []string{strings.Repeat("a", 256)}, []string{`"` + strings.Repeat("a", 256) + `"`})
	}},
}

// queryChanges are for operations with query parameters.
var queryChanges = []change{
	{"another value", func(g *Generator, r *draft) {
		p := pick(g, queryParameters(r.op)...)
		r.Query = append(withoutParameter(r.Query, p.Name), p.Name+"="+g.oddParameter(p))
	}},
	{"one parameter only", func(g *Generator, r *draft) {
		p := pick(g, queryParameters(r.op)...)
		r.Query = []string{p.Name + "=" + g.oddParameter(p)}
	}},
	{"a parameter twice", func(g *Generator, r *draft) {
		if len(r.Query) > 0 {
			again := pick(g, r.Query...)
			name, _, _ := strings.Cut(again, "=")
			r.Query = append(r.Query, pick(g, again, name, name+"="))
		}
	}},
	{"a parameter without value", func(g *Generator, r *draft) {
		r.Query = append(r.Query, pick(g, queryParameters(r.op)...).Name)
	}},
}
