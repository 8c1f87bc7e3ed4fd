package shape

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// thing is a shape that uses everything a shape can have.
var thing = &Shape{Members: []Member{
	{Name: "id", Required: true, Shape: &Shape{Filled: true}},
	{Name: "note", Required: true, Shape: &Shape{Nullable: true}},
	{Name: "count", Shape: &Shape{}},
	{Name: "parts", Shape: &Shape{Items: &Shape{Members: []Member{{Name: "ok", Required: true, Shape: &Shape{}}}}}},
}}

func TestAShapeTakesMoreAndAnySpelling(t *testing.T) {
	for name, body := range map[string]string{
		"members that nobody knows":  `{"a":{"id":null,"x":[{}," \" ] } ",-1.5e3,true]},"id":"1","b":null,"note":null,"c":"\\"}`,
		"white space":                " \r\n{ \"id\" :\t\"1\" , \"note\" : null , \"x\" : [ ] , \"parts\" : [ { \"ok\" : true } , { \"ok\":1 } ] , \"y\" : 1 }\n ",
		"another order":              `{"parts":[],"note":"n","id":"1"}`,
		"escapes in names and texts": `{"\u0069d":"\"\\","not\u0065":"\u0061"}`,
		"null for what may be away":  `{"id":"1","note":null,"count":null,"parts":null}`,
	} {
		if err := thing.Check([]byte(body)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAShapeSaysWhatIsWrongAndWhere(t *testing.T) {
	for body, want := range map[string]string{
		`null`:                                  "it is null",
		`[]`:                                    "it is not an object",
		`{}`:                                    missing + ": id",
		`{"id":null,"note":null}`:               "id is null",
		`{"id":"","note":null}`:                 "id is empty",
		`{"id":"1"}`:                            missing + ": note",
		`{"id":"1","note":null,"parts":{}}`:     "parts is not an array",
		`{"id":"1","note":null,"parts":[null]}`: "parts/0 is null",
		`{"id":"1","note":1,"parts":[{"ok":1},{"x":{"ok":1}}]}`: missing + ": parts/1/ok",

		// encoding/json accepts ID for id, and takes the last of two members with the same name.
		`{"ID":"1","note":null}`:               "ID must be named id; names are case-sensitive",
		`{"id":"1","note":null,"\u0049D":"2"}`: "ID must be named id; names are case-sensitive",
		`{"id":"1","note":null,"id":""}`:       "id is empty",
	} {
		if err := thing.Check([]byte(body)); err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %q", body, err, want)
		}
	}
}

// FuzzShape compares the check of the bytes with a check of the same rules on the value that encoding/json decodes from them.
func FuzzShape(f *testing.F) {
	for _, seed := range []string{
		`{"id":"1","note":null,"parts":[{"ok":1},{"x":[{}]}]}`, `{"id":"\\\"","note":"","a":"]"}`, `{"id":1,"note":[],"count":{}}`, "null", ` [ ] `, `""`, `{"ID":1}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var value any
		if json.Unmarshal([]byte(body), &value) != nil {
			return
		}
		if thing.Check([]byte(body)) == nil && !fits(thing, value, true) {
			t.Errorf("%s is accepted; want an error", body) // even if a member appears twice, because each one counts
		}
		once, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := thing.Check(once); (err == nil) != fits(thing, value, true) {
			t.Errorf("%s: error is %v; want none: %t", once, err, fits(thing, value, true))
		}
	})
}

func fits(s *Shape, value any, required bool) bool {
	switch value := value.(type) {
	case nil:
		return s.Nullable || !required
	case []any:
		return s.Members == nil && (s.Items == nil || !slices.ContainsFunc(value, func(v any) bool { return !fits(s.Items, v, true) }))
	case map[string]any:
		for _, m := range s.Members {
			inner, ok := value[m.Name]
			if !ok && m.Required || ok && !fits(m.Shape, inner, m.Required) {
				return false
			}
			for name := range value {
				if name != m.Name && strings.EqualFold(name, m.Name) {
					return false
				}
			}
		}
		return s.Items == nil
	case string:
		return s.Members == nil && s.Items == nil && (!s.Filled || value != "")
	}
	return s.Members == nil && s.Items == nil
}
