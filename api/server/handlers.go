package server

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"

	"github.com/labstack/echo/v4"
	"github.com/oapi-codegen/runtime"
)

// handlers serve the operations. They do what the code from oapi-codegen does, which stays for the operations that they cannot
// serve: a test compares the two.
type handlers struct {
	impl  StrictServerInterface
	lists *lists
}

// pathText returns a parameter of the path.
func pathText(c echo.Context, name string) (string, error) {
	value, unescaped := c.Param(name), c.Request().URL.RawPath == ""
	if value != "" && unescaped {
		return value, nil
	}
	var text string
	err := runtime.BindStyledParameterWithOptions("simple", name, value, &text, runtime.BindStyledParameterOptions{
		ParamLocation: runtime.ParamLocationPath, Required: true, Type: "string", ValueIsUnescaped: unescaped,
	})
	if err != nil {
		return "", wrongFormat(name, err)
	}
	return text, nil
}

// query returns the value of a parameter of the query, and whether it is there. It is called after checkParams.
func query(c echo.Context, name string) (string, bool) {
	if c.Request().URL.RawQuery == "" {
		return "", false
	}
	values := c.QueryParams()[name]
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}

// queryText returns a parameter of the query, or nil if it is absent.
func queryText[T ~string](c echo.Context, name string) *T {
	value, ok := query(c, name)
	if !ok {
		return nil
	}
	return new(T(value))
}

// queryInt does the same. It returns an error for a number that only a machine with 64 bits can hold.
func queryInt(c echo.Context, name string) (*int, error) {
	value, ok := query(c, name)
	if !ok {
		return nil, nil //nolint:nilnil // an absent parameter is not an error
	}
	number, err := strconv.Atoi(value)
	if err != nil {
		return nil, wrongFormat(name, err)
	}
	return &number, nil
}

// wrongFormat is the error of the generated code for a parameter.
func wrongFormat(name string, err error) error {
	return echo.NewHTTPError(http.StatusBadRequest, "Invalid format for parameter "+name+": "+err.Error())
}

func headerText(c echo.Context, name string) *string {
	values := c.Request().Header.Values(name)
	if len(values) == 0 {
		return nil
	}
	return new(values[0])
}

// text is a buffer for a response.
type text struct{ b []byte }

var texts = sync.Pool{New: func() any { return new(text) }}

func newText() *text { return texts.Get().(*text) }

// bufferedByServer is how much of a response net/http keeps back, to send its length before it.
const bufferedByServer = 2048

var jsonType = []string{echo.MIMEApplicationJSON}

// send sends the text as a 200 response, and makes it available to others.
func (t *text) send(w http.ResponseWriter) error {
	t.b = append(t.b, '\n')
	header := w.Header()
	header[echo.HeaderContentType] = jsonType
	if len(t.b) > bufferedByServer {
		header.Set(echo.HeaderContentLength, strconv.Itoa(len(t.b)))
	}
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(t.b)
	t.b = t.b[:0]
	texts.Put(t)
	return err
}

// appendText appends a string in the notation of encoding/json.
func appendText[T ~string](b []byte, s *T) []byte {
	text := string(*s)
	for i := range len(text) {
		if !plain[text[i]] {
			quoted, _ := json.Marshal(text) // it never fails
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// plain has the bytes that stand for themselves in a string of encoding/json.
var plain = func() (plain [256]bool) {
	for c := byte(' '); c <= '~'; c++ {
		plain[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return plain
}()

// closeObject ends an object whose members start at a position of b, each with a comma before it.
func closeObject(b []byte, start int) []byte {
	if len(b) == start {
		return append(b, "{}"...)
	}
	b[start] = '{'
	return append(b, '}')
}

func appendInt(b []byte, n *int) []byte { return strconv.AppendInt(b, int64(*n), 10) }

func appendBool(b []byte, v *bool) []byte { return strconv.AppendBool(b, *v) }

func appendPointer[T any](b []byte, v *T, appendValue func([]byte, *T) []byte) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	return appendValue(b, v)
}

// appendList appends an empty list for nil, as complete does.
func appendList[T any](b []byte, list []T, appendElement func([]byte, *T) []byte) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendElement(b, &list[i])
	}
	return append(b, ']')
}
