package client

import "github.com/vogent-community/phonenumbers/api/client/internal/shape"

// operation is an operation of openapi.yaml. operations.gen.go has them all.
type operation struct {
	id     string // operationId
	method string
	route  string // the path below the base URL, as openapi.yaml writes it

	// idempotent: sent twice, it does the same as when sent once (RFC 9110, section 9.2.2). It is sent again after a
	// connection error, 408, 429 and 5xx. Any other operation creates something. It is sent again only if nothing was
	// written, or under its Idempotency-Key if the server has shown that it honors keys.
	idempotent bool
	takesKey   bool // an Idempotency-Key

	response *shape.Shape // of the body of a 200
}

// fails makes the Error of a call of op that does not come from an answer.
func (op operation) fails(k kind, detail string, err error) *Error {
	return &Error{Method: op.method, Route: op.route, Detail: detail, Err: err, kind: k}
}
