package server

import "github.com/go-json-experiment/json/jsontext"

// Operation is an operation of openapi.yaml. operations.gen.go has them all.
type Operation struct {
	ID                  string // operationId
	Method              string // such as GET
	Path                string // below Options.BaseURL, such as /phone_numbers/{id}
	TakesIdempotencyKey bool

	query        map[string]string  // the JSON type of each query parameter
	headers      []string           // header parameters
	body         bool               // whether it takes one
	bodyRequired bool               // whether a request without one is refused
	nullable     []jsontext.Pointer // the members of the body that may be null
}
