package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/vogent-community/phonenumbers/api"
)

// decoder decodes the bodies of an operation. Its errors contain the JSON pointer to what is wrong, but never a value,
// because that could be a password.
type decoder struct {
	required bool
	options  json.Options // for a body that may contain null
}

var strict = json.RejectUnknownMembers(true)

func newDecoder(op Operation) decoder {
	return decoder{op.bodyRequired, json.JoinOptions(strict, json.WithUnmarshalers(json.UnmarshalFromFunc(refuseNull(op.nullable))))}
}

// decode decodes body into target. It returns io.EOF if an optional body is missing; the generated code then leaves it
// nil.
func (d decoder) decode(body []byte, target any) error {
	switch {
	case len(body) > 0:
		options := d.options
		if !bytes.Contains(body, []byte("null")) {
			options = strict // looking at each value takes time
		}
		if err := json.Unmarshal(body, target, options); err != nil {
			return decodingProblem(err)
		}
		return nil
	case d.required:
		return api.NewProblem(api.CodeInvalidRequest, "The body is missing. Send a JSON object.")
	}
	return io.EOF
}

// nullError is the error for a null that the contract does not allow.
type nullError struct {
	pointer jsontext.Pointer
}

func (e *nullError) Error() string {
	if e.pointer == "/agentId" {
		return "must not be null; use the empty string to unlink"
	}
	return "must not be null"
}

// refuseNull returns a function that the JSON decoder calls before each value. Without it, null would become the zero
// value everywhere. It does not see the values inside a type that has its own UnmarshalJSON.
func refuseNull(allowed []jsontext.Pointer) func(*jsontext.Decoder, any) error {
	return func(d *jsontext.Decoder, _ any) error {
		if d.PeekKind() != 'n' {
			return errors.ErrUnsupported // go on; the pointers of all values of a deep body would take a second
		}
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		// StackPointer is read after the token, because before that it points to the previous element of an array.
		if pointer := d.StackPointer(); !slices.Contains(allowed, pointer) {
			return &nullError{pointer}
		}
		return nil // the value is the zero value already
	}
}

// decodingProblem returns the problem for an error of the decoder, in the words of the contract.
func decodingProblem(err error) error {
	var (
		null      *nullError
		semantic  *json.SemanticError
		syntactic *jsontext.SyntacticError
	)
	switch {
	case errors.As(err, &null):
		return invalid(string(null.pointer), null.Error())
	case errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName):
		return invalid(string(semantic.JSONPointer), "is not a member that this operation accepts; names are case-sensitive")
	case errors.As(err, &semantic):
		return invalid(string(semantic.JSONPointer), "must be "+typeName(semantic.GoType))
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntactic):
		return invalid(string(syntactic.JSONPointer), "appears more than once")
	case errors.As(err, &syntactic):
		return api.NewProblem(api.CodeInvalidRequest, fmt.Sprintf("The body is not valid JSON: the error is at byte %d.", syntactic.ByteOffset))
	}
	return api.NewProblem(api.CodeInvalidRequest, "The body is not valid JSON.")
}

func invalid(pointer, detail string) error {
	return api.NewProblem(api.CodeInvalidRequest, "", api.ProblemField{Pointer: pointer, Detail: detail})
}

func typeName(t reflect.Type) string {
	if t == reflect.TypeFor[api.AgentLink]() {
		return "a string"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Int:
		return "a whole number that fits in 64 bits"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	default:
		return "an object"
	}
}
