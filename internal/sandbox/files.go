package sandbox

import (
	"context"
	"os"
	"slices"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/api/server"
	"github.com/vogent-community/phonenumbers/internal/sandbox/fault"
	"github.com/vogent-community/phonenumbers/internal/sandbox/seed"
	"github.com/vogent-community/phonenumbers/internal/yamlfile"
)

// ReadSeed reads a seed from a YAML file.
func ReadSeed(path string) (control.Seed, error) { return read(path, seed.Check) }

// ReadFaults reads faults from a YAML file.
func ReadFaults(path string) ([]control.Fault, error) {
	list, err := read(path, func(list control.FaultList) []api.ProblemField { return CheckFaults(list.Faults) })
	return list.Faults, err
}

// CheckFaults returns the mistakes in faults, with pointers such as /faults/0/status.
func CheckFaults(faults []control.Fault) []api.ProblemField { return fault.Check(faults, operations()) }

func read[T any](path string, check func(T) []api.ProblemField) (value T, err error) {
	text, err := os.ReadFile(path) //nolint:gosec // the user gives the path
	if err != nil {
		return value, err
	}
	return yamlfile.Read(path, text, check)
}

// operations returns the operationIds of the API in alphabetical order.
var operations = sync.OnceValue(func() (ids []string) {
	e := echo.New()
	server.Register(e, nil, server.Options{
		Authenticate: func(echo.Context, string) (context.Context, error) { panic("it serves nothing") },
	})
	for _, route := range e.Routes() {
		ids = append(ids, route.Name)
	}
	slices.Sort(ids)
	return ids
})
