// Package requests makes requests from openapi.yaml: valid ones, changed ones, and those that test one rule.
package requests

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/internal/spectest"
	"github.com/vogent-community/phonenumbers/internal/spectest/texts"
)

// Generator makes requests from a Spec: valid ones, and valid ones that were changed.
type Generator struct {
	*rand.Rand
	Spec    *spectest.Spec
	BaseURL string // such as /api
	Keys    Keys

	// Known has values by the name of a member or parameter. The generator prefers them if they are valid, so that most ids
	// exist. Missing has values of path parameters that identify nothing.
	Known   map[string][]string
	Missing []string

	keyed []*spectest.Request // the last few with an idempotency key
	texts map[*openapi3.Schema]*texts.Maker
	kept  map[ruledText]bool // whether a text follows the rules of a schema
}

type ruledText struct {
	schema *openapi3.Schema
	text   string
}

// Keys are the API keys that requests use.
type Keys struct{ Valid, Revoked string }

// NewGenerator returns a generator. The same seed makes the same requests, as long as Known is the same.
func NewGenerator(s *spectest.Spec, baseURL string, keys Keys, seed uint64) *Generator {
	return &Generator{
		Rand: rand.New(rand.NewPCG(seed, 0)), Spec: s, BaseURL: baseURL, Keys: keys, //nolint:gosec // the same seed must make the same requests
		Known: map[string][]string{}, texts: map[*openapi3.Schema]*texts.Maker{}, kept: map[ruledText]bool{},
	}
}

func pick[T any](g *Generator, options ...T) T { return options[g.IntN(len(options))] }

func (g *Generator) chance(percent int) bool { return g.IntN(100) < percent }

// Next makes a request for op, or for any operation if op is nil.
func (g *Generator) Next(op *spectest.Operation) *spectest.Request {
	if op == nil && len(g.keyed) > 0 && g.chance(5) {
		return pick(g, g.keyed...) // send it again
	}
	if op == nil {
		op = pick(g, g.Spec.Operations...)
	}
	r := g.valid(op)
	if g.chance(55) {
		for range pick(g, 1, 1, 1, 2, 3) {
			g.change(r)
		}
	}
	g.fixText(r)
	if r.Header.Get(idempotencyKey) != "" {
		g.keyed = lastFew(g.keyed, r.Request)
	}
	return r.Request
}

// Valid makes a request for op that follows all rules.
func (g *Generator) Valid(op *spectest.Operation) *spectest.Request {
	r := g.valid(op)
	g.fixText(r)
	return r.Request
}

// idempotencyKey is the name of the header that makes it safe to send a request again.
const idempotencyKey = "Idempotency-Key"

// draft is a request whose body is not yet text.
type draft struct {
	*spectest.Request

	op   *spectest.Operation // the operation that the request is for
	tree any                 // the body, until it is text
	odd  bool                // the body is written with escapes and white space that change nothing
}

func (g *Generator) start(op *spectest.Operation) *draft {
	return &draft{op: op, Request: &spectest.Request{Method: op.Method, Path: g.BaseURL + op.Path, Header: http.Header{}}}
}

func (g *Generator) valid(op *spectest.Operation) *draft {
	r := g.start(op)
	for _, p := range op.Parameters {
		if p.In != openapi3.ParameterInPath && !p.Required && !g.chance(25) {
			continue
		}
		r.set(p, g.parameter(p))
	}
	g.Shuffle(len(r.Query), func(i, j int) { r.Query[i], r.Query[j] = r.Query[j], r.Query[i] })
	if op.Body != nil {
		r.tree = g.value("", op.Body)
		r.Header.Set("Content-Type", pick(g, "application/json", "application/json; charset=utf-8"))
	}
	for _, requirement := range g.Spec.Requirements(op) {
		g.Authorize(r.Request, requirement)
		break
	}
	return r
}

// Authorize puts the valid key where a security requirement expects it.
func (g *Generator) Authorize(r *spectest.Request, requirement openapi3.SecurityRequirement) {
	for name := range requirement {
		r.Authorize(g.Spec.Document.Components.SecuritySchemes[name].Value, g.Keys.Valid)
	}
}

// parameter returns a valid value as text. In a path, the value sometimes identifies nothing.
func (g *Generator) parameter(p *openapi3.Parameter) string {
	if p.In == openapi3.ParameterInPath && !g.chance(88) {
		return pick(g, append(slices.Clone(g.Missing), oddSegments...)...)
	}
	return plainText(g.value(p.Name, p.Schema.Value))
}

// plainText returns a value as the text of a parameter.
func plainText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case verbatim:
		return string(v)
	case []any:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = plainText(v[i])
		}
		return strings.Join(texts, ",")
	default:
		return ""
	}
}

// set sets a parameter to a value, and replaces any other value.
func (r *draft) set(p *openapi3.Parameter, value string) {
	switch p.In {
	case openapi3.ParameterInPath:
		r.Path = strings.Replace(r.Path, "{"+p.Name+"}", url.PathEscape(value), 1)
	case openapi3.ParameterInQuery:
		r.Query = append(withoutParameter(r.Query, p.Name), url.QueryEscape(p.Name)+"="+url.QueryEscape(value))
	case openapi3.ParameterInHeader:
		r.Header.Set(p.Name, value)
	case openapi3.ParameterInCookie:
		r.Header.Set("Cookie", p.Name+"="+value)
	}
}

func withoutParameter(query []string, name string) []string {
	return slices.DeleteFunc(query, func(p string) bool { return p == name || strings.HasPrefix(p, name+"=") })
}

// Learn records a value that the server has returned or accepted under a name.
func (g *Generator) Learn(name, value string) {
	if !slices.Contains(g.Known[name], value) {
		g.Known[name] = lastFew(g.Known[name], value)
	}
}

func lastFew[T any](list []T, last T) []T {
	list = append(list, last)
	return list[max(0, len(list)-20):]
}
