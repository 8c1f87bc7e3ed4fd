package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkServable refuses what oapi-codegen makes code for and api/server does not check. The server
// would serve such a request more leniently than openapi.yaml says, or not at all.
func checkServable(item *openapi3.PathItem, op *openapi3.Operation) error {
	if op.RequestBody != nil {
		content := op.RequestBody.Value.Content
		if len(content) != 1 || content["application/json"] == nil {
			return errors.New("its body must be application/json and nothing else: " +
				"the generated code reads other bodies without the strict decoder")
		}
	}
	for _, ref := range slices.Concat(item.Parameters, op.Parameters) {
		p := ref.Value
		var types *openapi3.Types // none if it has content in place of a schema
		if p.Schema != nil {
			types = p.Schema.Value.Type
		}
		switch {
		case p.In == openapi3.ParameterInQuery && (types.Is("string") || types.Is("integer")):
		case p.In == openapi3.ParameterInHeader && types.Is("string"):
		case p.In == openapi3.ParameterInPath:
		default:
			return fmt.Errorf("parameter %s in %s is of type %v: teach api/server/params.go to check it",
				p.Name, p.In, types.Slice())
		}
	}
	return nil
}
