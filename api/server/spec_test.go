package server

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/vogent-community/phonenumbers"
	"github.com/vogent-community/phonenumbers/api"
)

// spec is the part of openapi.yaml that this package repeats by hand.
type spec struct {
	Paths      map[string]map[string]yaml.Node
	Components struct {
		Parameters map[string]parameter
		Schemas    map[string]struct {
			Nullable   bool
			Properties map[string]struct {
				Ref      string `yaml:"$ref"`
				Nullable bool
			}
		}
	}
}

type parameter struct {
	Ref  string `yaml:"$ref"`
	Name string
	In   string
}

type operation struct {
	Parameters  []parameter
	RequestBody *struct {
		Content map[string]struct {
			Schema struct {
				Ref string `yaml:"$ref"`
			}
		}
	} `yaml:"requestBody"`
}

func readSpec(t *testing.T) (document spec, operations map[string]operation) {
	t.Helper()
	if err := yaml.Unmarshal(phonenumbers.Spec, &document); err != nil {
		t.Fatal(err)
	}
	operations = map[string]operation{}
	for path, item := range document.Paths {
		for method, node := range item {
			if method == "parameters" {
				continue
			}
			var op operation
			if err := node.Decode(&op); err != nil {
				t.Fatal(err)
			}
			operations[strings.ToUpper(method)+" "+strings.ReplaceAll(path, "{id}", ":id")] = op
		}
	}
	if len(operations) < 7 {
		t.Fatalf("found %d operations in openapi.yaml", len(operations))
	}
	return document, operations
}

func TestEveryParameterOfTheSpecIsChecked(t *testing.T) {
	document, operations := readSpec(t)
	for route, op := range operations {
		var query, headers []string
		for _, p := range op.Parameters {
			if p.Ref != "" {
				p = document.Components.Parameters[afterLastSlash(p.Ref)]
			}
			switch p.In {
			case "query":
				query = append(query, p.Name)
			case "header":
				headers = append(headers, p.Name)
			}
		}
		slices.Sort(query)
		kinds, gotHeaders := paramKinds(params[route])
		if got := slices.Sorted(maps.Keys(kinds)); !slices.Equal(got, query) || !slices.Equal(gotHeaders, headers) {
			t.Errorf("%s takes the query parameters %q and the headers %q; openapi.yaml has %q and %q", route, got, gotHeaders, query, headers)
		}
	}
}

// readBody lets the body of GET and DELETE alone.
func TestOperationsWithABodyAreNoGETAndNoDELETE(t *testing.T) {
	_, operations := readSpec(t)
	for route, op := range operations {
		method, _, _ := strings.Cut(route, " ")
		if hasBody := method != http.MethodGet && method != http.MethodDelete; hasBody != (op.RequestBody != nil) {
			t.Errorf("%s: has a body in openapi.yaml: %t, is read: %t", route, op.RequestBody != nil, hasBody)
		}
	}
}

func TestEveryNullableMemberOfTheSpecMayBeNull(t *testing.T) {
	document, operations := readSpec(t)
	want := map[string][]jsontext.Pointer{}
	for _, op := range operations {
		if op.RequestBody == nil {
			continue
		}
		name := afterLastSlash(op.RequestBody.Content["application/json"].Schema.Ref)
		for member, p := range document.Components.Schemas[name].Properties {
			if p.Nullable || document.Components.Schemas[afterLastSlash(p.Ref)].Nullable {
				want[name] = append(want[name], jsontext.Pointer("/"+member))
			}
		}
		slices.Sort(want[name])
	}
	got := map[string][]jsontext.Pointer{}
	for body, pointers := range nullable {
		got[body.Elem().Name()] = pointers
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("null may stand at %v; openapi.yaml has %v", got, want)
	}
}

func afterLastSlash(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// The decoder must hold whatever strangers send: no panic, and no body accepted that a decoder without our rules refuses.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"type":"purchase","purchase":{"number":"+14155550100"},"sipImport":null}`, `{"type":null}`, `{"type":"a","type":"b"}`,
		`null`, ` `, "\xff", `{"a":`, `[[[`, `{"purchase":{"number":{}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var got, want api.CreatePhoneNumberInput
		if err := decode(body, &got); err != nil {
			var p *api.Problem
			if !errors.As(err, &p) || p.Code != api.CodeInvalidRequest {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		if err := json.Unmarshal(body, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q decoded to %+v; encoding/json has %+v, %v", body, got, want, err)
		}
	})
}
