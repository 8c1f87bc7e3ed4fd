// Package yamlfile reads a file with one YAML document into a Go value, and says on which line each mistake is.
package yamlfile

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/vogent-community/phonenumbers/api"
)

// Read reads the text of a file into a value. name is the name of the file, for errors. The members have the names of their
// json tags. Read refuses what a typing error can cause: a member that is unknown, appears twice or is null, a value of the
// wrong type, and a second document. A number such as +14155550100 is also accepted as text. Aliases are refused.
//
// Read then calls check, which returns the mistakes of the value, with JSON pointers. The error of Read is a *Mistakes. It
// contains no values, because they can be secret.
func Read[T any](name string, text []byte, check func(T) []api.ProblemField) (value T, err error) {
	f := file{Mistakes: Mistakes{Head: name}, texts: map[int64]string{}}
	if f.parse(text); f.Len() == 0 {
		if f.writeJSON(f.root); f.Len() == 0 {
			f.decode(&value)
		}
	}
	if f.Len() == 0 {
		for _, field := range check(value) {
			f.Add(f.line(jsontext.Pointer(field.Pointer)), field.Pointer, "%s %s", field.Pointer, field.Detail)
		}
	}
	if f.Len() > 0 {
		f.Sort()
		return *new(T), &f.Mistakes
	}
	return value, nil
}

// file is a file that is being read.
type file struct {
	Mistakes

	root  *yaml.Node
	json  []byte
	texts map[int64]string // the numbers and booleans as they are written, by where they end in json
}

// parse finds the only document of the file.
func (f *file) parse(text []byte) {
	if !utf8.Valid(text) {
		line := 1
		for each := range bytes.Lines(text) {
			if !utf8.Valid(each) {
				break
			}
			line++
		}
		f.Add(line, "", "the file must be UTF-8")
		return
	}
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) || err == nil && document.Content[0].ShortTag() == "!!null" {
		f.Add(1, "", "the file is empty; write {} for the defaults")
		return
	}
	if err == nil {
		err = decoder.Decode(&second)
	}
	switch {
	case errors.Is(err, io.EOF):
		f.root = document.Content[0]
	case err != nil:
		f.broken(text, err)
	default:
		f.Add(second.Line, "", "a second YAML document starts here; put everything into one document")
	}
}

// decode decodes f.json into target, a pointer.
func (f *file) decode(target any) {
	err := json.Unmarshal(f.json, target, json.RejectUnknownMembers(true), json.WithUnmarshalers(json.UnmarshalFromFunc(f.decodeText)))
	if err == nil {
		return
	}
	var wrong *json.SemanticError
	if !errors.As(err, &wrong) { // the JSON is valid, so only its depth can be the reason
		f.Add(1, "", "lists and mappings are nested too deeply")
		return
	}
	at := wrong.JSONPointer
	if errors.Is(err, json.ErrUnknownName) {
		f.Add(f.line(at), string(at), "%s is unknown; the members are %s", memberName(at.LastToken()), memberNames(wrong.GoType))
		return
	}
	f.Add(f.line(at), string(at), "%s must be %s", cmp.Or(string(at), "the file"), typeName(wrong.GoType))
}

// decodeText decodes a number or a boolean as text.
func (f *file) decodeText(d *jsontext.Decoder, target *string) error {
	switch d.PeekKind() {
	case jsontext.KindNumber, jsontext.KindTrue, jsontext.KindFalse:
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		*target = f.texts[d.InputOffset()]
		return nil
	default:
		return errors.ErrUnsupported // decode it as usual
	}
}

// line returns the line of what a JSON pointer points to, or else of the innermost value that exists.
func (f *file) line(pointer jsontext.Pointer) int {
	node, line := f.root, f.root.Line
	for token := range pointer.Tokens() {
		name, value := child(node, token)
		if value == nil {
			break
		}
		node, line = value, name.Line
	}
	return line
}

// typeName says which values decode into a type.
func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	default:
		return "a mapping"
	}
}

// memberNames lists the members of a struct.
func memberNames(t reflect.Type) string {
	var names []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// plain matches a name that is not a secret that was written into the wrong place.
var plain = regexp.MustCompile(`^[A-Za-z]{1,32}$`)

// memberName returns a name for an error.
func memberName(name string) string {
	if plain.MatchString(name) {
		return `"` + name + `"`
	}
	return "a name"
}
