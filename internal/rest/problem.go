package rest

import (
	"errors"
	"fmt"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

// Problem wraps err with the problem to send. The code of err decides which one; nothing else chooses a status. An error
// without a code in openapi.yaml is returned unchanged, and becomes a 500.
func Problem(err error) error {
	var e *phone.Error
	if !errors.As(err, &e) || !api.ProblemCode(e.Code).Valid() {
		return err
	}
	var fields []api.ProblemField
	for _, rule := range e.Rules {
		fields = append(fields, api.ProblemField{Pointer: rule.Pointer, Detail: rule.Detail})
	}
	return fmt.Errorf("%w: %w", api.NewProblem(api.ProblemCode(e.Code), "", fields...), err)
}
