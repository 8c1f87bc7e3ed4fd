package api_test

import (
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// idempotencyKeys are values of the header, with the key in each; those without one are refused.
var idempotencyKeys = map[string]string{
	"k": "k", `"k"`: "k", "!~": "!~", `a"b`: `a"b`, `a\b`: `a\b`, `k"`: `k"`, `\"`: `\"`, `"\""`: `"`, `"\\"`: `\`, `"a\"b\\c"`: `a"b\c`,
	strings.Repeat("k", 255): strings.Repeat("k", 255), `"` + strings.Repeat("k", 255) + `"`: strings.Repeat("k", 255),
	`"` + strings.Repeat(`\"`, 255) + `"`: strings.Repeat(`"`, 255),

	"": "", `"`: "", `""`: "", `"""`: "", `"abc`: "", `"a"b"`: "", `"a"b`: "", `"\a"`: "", `"\"`: "", `"a\`: "", "a b": "", `"a b"`: "", " k": "", "k ": "",
	"k\n": "", "k\x7f": "", "k\x00": "", "ä": "", "\xff": "", `"ä"`: "", "\"k\"\n": "",
	strings.Repeat("k", 256): "", `"` + strings.Repeat("k", 256) + `"`: "", `"` + strings.Repeat(`\"`, 256) + `"`: "",
}

// keyParameters are the Idempotency-Key parameters of openapi.yaml.
func keyParameters(t *testing.T) (schemas []*openapi3.Schema) {
	t.Helper()
	for _, op := range spectest.Load(t).Operations {
		if p := op.Parameter("header", "Idempotency-Key"); p != nil {
			schemas = append(schemas, p.Schema.Value)
		}
	}
	if len(schemas) == 0 {
		t.Fatal("openapi.yaml has no operation with an Idempotency-Key")
	}
	return schemas
}

// keepsToTheSpec checks that the parser accepts what openapi.yaml allows, and nothing else.
func keepsToTheSpec(t *testing.T, schemas []*openapi3.Schema, value string) {
	t.Helper()
	_, err := api.ParseIdempotencyKey(value)
	for _, schema := range schemas {
		if refusal := schema.VisitJSON(value); (refusal == nil) != (err == nil) {
			t.Errorf("%q: the parser says %v; want the same as openapi.yaml, which says %v", value, err, refusal)
		}
	}
}

func TestAnIdempotencyKeyIsReadAsOpenAPISaysIt(t *testing.T) {
	schemas := keyParameters(t)
	for value, want := range idempotencyKeys {
		key, err := api.ParseIdempotencyKey(value)
		if key != want {
			t.Errorf("%q is read as %q; want %q", value, key, want)
		}
		if refused := err != nil; refused != (want == "") {
			t.Errorf("%q: got the error %v; want one: %t", value, err, want == "")
		}
		keepsToTheSpec(t, schemas, value)
	}
}

func FuzzParseIdempotencyKey(f *testing.F) {
	for value := range idempotencyKeys {
		f.Add(value)
	}
	var schemas []*openapi3.Schema
	f.Fuzz(func(t *testing.T, value string) {
		if schemas == nil {
			schemas = keyParameters(t)
		}
		keepsToTheSpec(t, schemas, value)
		key, err := api.ParseIdempotencyKey(value)
		if err != nil {
			return
		}
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
		if again, err := api.ParseIdempotencyKey(quoted); again != key {
			t.Errorf("%q is read as %q, %v; want %q, as %q is", quoted, again, err, key, value)
		}
	})
}
