package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
)

// maxBody is the maximum size of a body, in bytes.
const maxBody = 64 << 10

// requestBody is a body that has been read, for the binder to decode. Others can still read it once.
type requestBody struct {
	bytes.Reader
	text    []byte
	decoder decoder
	small   [256]byte // for most texts
}

// Close implements io.Closer.
func (*requestBody) Close() error { return nil }

// readBody reads the body of an operation that takes one. Before anything is decoded, it rejects a body that is not
// JSON (415) or is larger than maxBody (413).
func readBody(op Operation) echo.MiddlewareFunc {
	decoder := newDecoder(op)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		if !op.body {
			return next // HTTP gives a body no meaning here
		}
		return func(c echo.Context) error {
			body, err := read(c, decoder)
			if err != nil {
				return err
			}
			c.Request().Body = body
			return next(c)
		}
	}
}

func read(c echo.Context, d decoder) (*requestBody, error) {
	r := c.Request()
	body := &requestBody{decoder: d}
	text, err := appendAll(body.small[:0], http.MaxBytesReader(c.Response().Writer, r.Body, maxBody))
	if len(text) > 0 && !isJSON(r.Header) {
		return nil, api.NewProblem(api.CodeUnsupportedMediaType, "")
	}
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, api.NewProblem(api.CodePayloadTooLarge, "")
		}
		return nil, api.NewProblem(api.CodeInvalidRequest, "The body was incomplete.")
	}
	body.text = text
	body.Reset(text)
	return body, nil
}

// appendAll is io.ReadAll, except that it begins with the given space.
func appendAll(b []byte, r io.Reader) ([]byte, error) {
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return b, err
		}
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
	}
}

// isJSON reports whether the body is declared as application/json without a Content-Encoding. It ignores the parameters
// of the media type: JSON is UTF-8 (RFC 8259).
func isJSON(header http.Header) bool {
	types := header[echo.HeaderContentType]
	if len(types) != 1 || header.Get(echo.HeaderContentEncoding) != "" {
		return false
	}
	if types[0] == echo.MIMEApplicationJSON {
		return true
	}
	mediaType, _, _ := strings.Cut(types[0], ";")
	return strings.ToLower(strings.TrimSpace(mediaType)) == echo.MIMEApplicationJSON
}

// binder decodes bodies for the generated code. It also has the operations for OperationOf, because Echo makes the
// binder available to every request.
type binder struct {
	operations map[route]Operation
	further    decoder // for routes that the implementer adds
}

// Bind implements echo.Binder. It decodes the body that readBody has read.
func (b *binder) Bind(target any, c echo.Context) error {
	body, ok := c.Request().Body.(*requestBody)
	if ok {
		return body.decoder.decode(body.text, target)
	}
	if op, ok := OperationOf(c); ok {
		return fmt.Errorf("%s decodes a body that openapi.yaml does not define; run go generate", op.ID)
	}
	body, err := read(c, b.further)
	if err != nil {
		return err
	}
	return body.decoder.decode(body.text, target)
}
