package client

import "net/http"

// operation is an operation of openapi.yaml, and whether it may be sent again.
type operation struct {
	id     string // operationId
	method string
	route  string // the path below the base URL, as openapi.yaml writes it

	// repeatable: sent twice it does what it does when sent once, so it is sent again after a connection error, 408, 429 and
	// 5xx. Any other operation creates something, and is sent again only where nothing was written, or under its
	// Idempotency-Key where the server has shown that it honours keys.
	repeatable bool
}

// The operations. What is not listed here as repeatable is never sent twice blindly.
var (
	listPhoneNumbers    = operation{"listPhoneNumbers", http.MethodGet, "/phone_numbers", true}
	getPhoneNumber      = operation{"getPhoneNumber", http.MethodGet, "/phone_numbers/{id}", true}
	updatePhoneNumber   = operation{"updatePhoneNumber", http.MethodPut, "/phone_numbers/{id}", true}
	deletePhoneNumber   = operation{"deletePhoneNumber", http.MethodDelete, "/phone_numbers/{id}", true}
	searchPhoneNumbers  = operation{"searchPhoneNumbers", http.MethodPost, "/phone_numbers/search", true}
	createPhoneNumber   = operation{"createPhoneNumber", http.MethodPost, "/phone_numbers", false}
	purchasePhoneNumber = operation{"purchasePhoneNumber", http.MethodPost, "/phone_numbers/purchase", false}
)

// fails makes the Error of a call of op that does not come from an answer.
func (op operation) fails(k kind, detail string, err error) *Error {
	return &Error{Method: op.method, Route: op.route, Detail: detail, Err: err, kind: k}
}
