package sandbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/sandbox/seed"
)

// CheckSeed returns an error that names all mistakes in a seed.
func CheckSeed(s control.Seed) error { return mistakes("the seed", seed.Check(s)) }

// mistakes returns fields as one error, or nil if there are none.
func mistakes(what string, fields []api.ProblemField) error {
	var all []error
	for _, f := range fields {
		all = append(all, fmt.Errorf("%s: %s %s", what, f.Pointer, f.Detail))
	}
	return errors.Join(all...)
}

// Requests returns the last requests to the API, newest last.
func (s *Sandbox) Requests() []control.Request { return s.now().journal.List("").Requests }

// Fail appends a fault. It returns an error if the fault has mistakes.
func (s *Sandbox) Fail(f control.Fault) error {
	if err := mistakes("the fault", CheckFaults([]control.Fault{f})); err != nil {
		return err
	}
	return s.now().rules.Add(f)
}

// ClearFaults removes all faults.
func (s *Sandbox) ClearFaults() { s.now().rules.Replace(nil) }

// Call calls a number, as inbound.Caller.Call does.
func (s *Sandbox) Call(ctx context.Context, in control.CallInput) (control.Call, error) {
	return s.now().calls.Call(ctx, in)
}

// Numbers returns all numbers of the workspace that Key gives access to, in the order of a list of the API.
func (s *Sandbox) Numbers(ctx context.Context) (numbers []api.PhoneNumber, err error) {
	w := s.now()
	key, err := w.services.Workspaces.Authenticate(ctx, w.key)
	if err != nil {
		return nil, err
	}
	for query := (phone.ListQuery{Limit: new(1000)}); ; {
		page, err := w.services.Phone.List(ctx, key.Workspace.ID, query)
		if err != nil {
			return nil, err
		}
		for _, n := range page.Numbers {
			numbers = append(numbers, rest.Pack(&n))
		}
		if page.Cursor == "" {
			return numbers, nil
		}
		query.Cursor = &page.Cursor
	}
}
