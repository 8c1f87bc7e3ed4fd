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

// maxBody is the size of the largest body that is read, in bytes.
const maxBody = 64 << 10

// requestBody is a body that was read, for the binder to decode. Others can read it once more.
type requestBody struct {
	bytes.Reader
	text    []byte
	decoder decoder
}

// Close implements io.Closer.
func (*requestBody) Close() error { return nil }

// readBody reads the body of an operation that takes one. It refuses another type than JSON (415)
// and more than maxBody bytes (413), before anything is decoded.
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
	text, err := io.ReadAll(http.MaxBytesReader(c.Response().Writer, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case len(text) > 0 && !isJSON(r.Header):
		return nil, api.NewProblem(api.CodeUnsupportedMediaType, "")
	case errors.As(err, &tooLarge):
		return nil, api.NewProblem(api.CodePayloadTooLarge, "")
	case err != nil:
		return nil, api.NewProblem(api.CodeInvalidRequest, "The body was incomplete.")
	}
	body := &requestBody{text: text, decoder: d}
	body.Reset(text)
	return body, nil
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

// binder decodes bodies for the generated code. It has the operations too, for OperationOf: it is
// what Echo lets us carry along to every request.
type binder struct {
	operations map[route]Operation
	further    decoder // for further routes
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
