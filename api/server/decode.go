package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
)

// maxBody is the size of the largest body that is read, in bytes.
const maxBody = 64 << 10

// readBody reads the body of an operation that can have one and refuses another type than JSON (415) and more than
// maxBody bytes (413), before anything is decoded.
func readBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.Method == http.MethodGet || r.Method == http.MethodDelete {
			return next(c)
		}
		body, err := io.ReadAll(http.MaxBytesReader(c.Response().Writer, r.Body, maxBody))
		var tooLarge *http.MaxBytesError
		switch {
		case len(body) > 0 && !isJSON(r.Header):
			return api.NewProblem(api.CodeUnsupportedMediaType, "")
		case errors.As(err, &tooLarge):
			return api.NewProblem(api.CodePayloadTooLarge, "")
		case err != nil:
			return api.NewProblem(api.CodeInvalidRequest, "The body did not arrive whole.")
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return next(c)
	}
}

// isJSON reports whether the body is declared as plain application/json. Parameters of the media type do not matter: JSON
// is UTF-8 (RFC 8259).
func isJSON(header http.Header) bool {
	types := header.Values(echo.HeaderContentType)
	if len(types) != 1 || header.Get(echo.HeaderContentEncoding) != "" {
		return false
	}
	mediaType, _, _ := strings.Cut(types[0], ";")
	return strings.ToLower(strings.TrimSpace(mediaType)) == echo.MIMEApplicationJSON
}

// strictBinder decodes bodies for the generated code. An error has the JSON pointer of what is wrong, and never a value:
// it could be a password.
type strictBinder struct{}

// Bind implements echo.Binder.
func (strictBinder) Bind(target any, c echo.Context) error {
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return err
	}
	return decode(body, target)
}

func decode(body []byte, target any) error {
	if len(body) == 0 {
		return api.NewProblem(api.CodeInvalidRequest, "The body is missing. Send a JSON object.")
	}
	if err := refuseNull(body, nullable[reflect.TypeOf(target)]); err != nil {
		return decodingProblem(err)
	}
	if err := json.Unmarshal(body, target, json.RejectUnknownMembers(true)); err != nil {
		return decodingProblem(err)
	}
	return nil
}

// nullable names, for each type of body, the members that may be null. The decoder cannot tell: to it null is the zero
// value everywhere.
var nullable = map[reflect.Type][]jsontext.Pointer{
	reflect.TypeFor[*api.CreatePhoneNumberJSONRequestBody](): {"/purchase", "/sipImport", "/vogentSip"},
}

// nullError is a null where the contract has none.
type nullError struct {
	pointer jsontext.Pointer
}

func (e *nullError) Error() string {
	if e.pointer == "/agentId" {
		return "must not be null; use the empty string to unlink"
	}
	return "must not be null"
}

func refuseNull(body []byte, allowed []jsontext.Pointer) error {
	tokens := jsontext.NewDecoder(bytes.NewBuffer(body))
	for {
		token, err := tokens.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if token.Kind() != 'n' {
			continue // a pointer for every token of a deep body would take a second
		}
		if pointer := tokens.StackPointer(); !slices.Contains(allowed, pointer) {
			return &nullError{pointer: pointer}
		}
	}
}

// decodingProblem says in the words of the contract what the decoder has found.
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
		return invalid(string(semantic.JSONPointer), "is not a member that this operation takes; names are case-sensitive")
	case errors.As(err, &semantic):
		return invalid(string(semantic.JSONPointer), "must be "+typeName(semantic.GoType))
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntactic):
		return invalid(string(syntactic.JSONPointer), "is there twice")
	case errors.As(err, &syntactic):
		return api.NewProblem(api.CodeInvalidRequest, fmt.Sprintf("The body is not valid JSON, at byte %d.", syntactic.ByteOffset))
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
		return "a whole number of at most 64 bits"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	default:
		return "an object"
	}
}
