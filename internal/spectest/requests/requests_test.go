package requests

import (
	"testing"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/internal/spectest"
	"github.com/vogent-community/phonenumbers/internal/spectest/texts"
)

func newTestGenerator(t *testing.T) *Generator {
	t.Helper()
	return NewGenerator(spectest.Load(t), "/api", Keys{Valid: "valid"}, 1)
}

// If a generator never reached the limits of a rule, a rule that is off by one would pass.
func TestTextsReachBothEndsOfTheirLength(t *testing.T) {
	g, found := newTestGenerator(t), 0
	for _, op := range g.Spec.Operations {
		if op.Body != nil {
			op.Parameters = append(op.Parameters, openapi3.NewQueryParameter("body").WithSchema(op.Body))
		}
		for _, p := range op.Parameters {
			eachSchema(p.Name, p.Schema.Value, func(name string, schema *openapi3.Schema) {
				if !schema.Type.Is(openapi3.TypeString) || schema.MaxLength == nil || len(schema.Enum) > 0 {
					return
				}
				found++
				text := texts.New(schema)
				for _, length := range []int{max(text.Min, text.Shortest), text.Max} {
					got, ok := text.Exactly(g.Rand, length)
					if n := utf8.RuneCountInString(got); !ok || n != length {
						t.Errorf("%s %s: got a text of %d characters, want %d", op.OperationID, name, n, length)
					}
					if err := schema.VisitJSON(got); err != nil {
						t.Errorf("%s %s: got %q: %v", op.OperationID, name, got, err)
					}
				}
			})
		}
	}
	if found < 5 {
		t.Errorf("found %d texts with a greatest length, want 5 or more", found)
	}
}

func eachSchema(name string, schema *openapi3.Schema, fn func(string, *openapi3.Schema)) {
	fn(name, schema)
	for member, inner := range schema.Properties {
		eachSchema(name+"/"+member, inner.Value, fn)
	}
}

func TestEveryRuleHasATrialThatBreaksIt(t *testing.T) {
	g := newTestGenerator(t)
	g.Known["id"] = []string{"019daa80-7c00-7000-8000-000000000001"}
	got := map[string]bool{}
	for _, op := range g.Spec.Operations {
		for _, trial := range g.Trials(op) {
			if trial.Broken {
				got[op.OperationID+" "+trial.Name] = true
			}
		}
	}
	for _, want := range []string{
		"listPhoneNumbers query limit: minimum", "listPhoneNumbers query limit: type", "listPhoneNumbers query type: enum",
		"listPhoneNumbers query agentId: maxLength", "listPhoneNumbers query number: pattern", "listPhoneNumbers query cursor: minLength",
		"createPhoneNumber header Idempotency-Key: pattern", "createPhoneNumber body /type: enum", "createPhoneNumber body /type: required",
		"createPhoneNumber body /purchase/number: pattern", "createPhoneNumber body /sipImport/username: maxLength",
		"createPhoneNumber body /vogentSip/password: minLength", "createPhoneNumber body /vogentSip/password: nullable",
		"searchPhoneNumbers body /limit: maximum", "updatePhoneNumber body /agentId: type",
	} {
		if !got[want] {
			t.Errorf("no trial breaks %q", want)
		}
	}
}
