package server

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"
)

// Operation is an operation of openapi.yaml.
type Operation struct {
	ID                  string // operationId
	Method              string // such as GET
	Path                string // relative to Options.BaseURL, such as /phone_numbers/{id}
	TakesIdempotencyKey bool   // whether it has an Idempotency-Key header parameter

	query        map[string]string  // the JSON type of each query parameter
	headers      []string           // the names of the header parameters
	body         bool               // whether it takes a body
	bodyRequired bool               // whether the body is required
	nullable     []jsontext.Pointer // the members of the body that may be null
}

// OperationOf returns the operation that a request is for. You can also call it in [Options].Middleware
// and Options.Authenticate. It returns the zero Operation and false for a path or method that the API
// does not have, and for your own routes on the same Echo.
func OperationOf(c echo.Context) (Operation, bool) {
	b, ok := c.Echo().Binder.(*binder)
	if !ok || !isExact(c) {
		return Operation{}, false
	}
	op, ok := b.operations[route{c.Request().Method, c.Path()}]
	return op, ok
}

// route is a method and a path as Echo's router has them, such as GET /api/phone_numbers/:id.
type route struct{ method, path string }

// echoPath writes the parameters of a path as Echo does: /a/{b}/c becomes /a/:b/c.
var echoPath = strings.NewReplacer("{", ":", "}", "")
