package rest

import (
	"errors"
	"fmt"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

// codes says how each kind of error is answered; the code has its status. Nothing else chooses one.
var codes = map[phone.Kind]api.ProblemCode{
	phone.Invalid:            api.CodeInvalidRequest,
	phone.ValidationFailed:   api.CodeValidationFailed,
	phone.NotFound:           api.CodeNotFound,
	phone.NumberUnavailable:  api.CodeNumberUnavailable,
	phone.SIPPrefixTaken:     api.CodeSIPPrefixTaken,
	phone.InProgress:         api.CodeIdempotencyInProgress,
	phone.KeyReused:          api.CodeIdempotencyKeyReused,
	phone.StorageUnavailable: api.CodeStorageUnavailable,
}

// problem puts the problem that err is answered with in front of it. An error of no kind stays as it is: a 500.
func problem(err error) error {
	var e *phone.Error
	if !errors.As(err, &e) {
		return err
	}
	var fields []api.ProblemField
	for _, rule := range e.Rules {
		fields = append(fields, api.ProblemField{Pointer: rule.Pointer, Detail: rule.Detail})
	}
	return fmt.Errorf("%w: %w", api.NewProblem(codes[e.Kind], "", fields...), err)
}
