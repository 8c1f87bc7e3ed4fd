package rest

import (
	"errors"
	"fmt"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

// problem puts the problem that err is answered with in front of it. The code of err says which; nothing else chooses a
// status. An error without a code that openapi.yaml has stays as it is: a 500.
func problem(err error) error {
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
