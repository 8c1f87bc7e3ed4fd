package client

import "github.com/vogent-community/phonenumbers/api/client/internal/shape"

// operation is an operation of openapi.yaml. operations.gen.go lists them all.
type operation struct {
	id     string // operationId
	method string
	route  string // the path relative to the base URL, as openapi.yaml writes it

	// An idempotent operation has the same effect if it is sent twice (RFC 9110, section 9.2.2). It is sent again after
	// a connection error, 408, 429 and 5xx. Any other operation creates something. It is sent again only if nothing was
	// written, or under its Idempotency-Key if the server has shown that it honors keys.
	idempotent bool
	takesKey   bool // whether it takes an Idempotency-Key

	response *shape.Shape // of the body of a 200
}

// fails returns the Error for a call of op, if the Error does not come from a response.
func (op operation) fails(k kind, detail string, err error) *Error {
	return &Error{Method: op.method, Route: op.route, Detail: detail, Err: err, kind: k}
}
