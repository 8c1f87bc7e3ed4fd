package rest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

func TestEveryCodeOfPhoneIsInTheContract(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../phone/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok || !isCode(spec) {
				return true
			}
			for _, value := range spec.Values {
				code, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				found++
				if !api.ProblemCode(code).Valid() {
					t.Errorf("phone.%s is %q; openapi.yaml has no such code", spec.Names[0], code)
				}
			}
			return true
		})
	}
	if found < 8 {
		t.Errorf("got %d codes in internal/phone; want 8 or more: the test looks in the wrong place", found)
	}
}

func isCode(spec *ast.ValueSpec) bool {
	kind, ok := spec.Type.(*ast.Ident)
	return ok && kind.Name == "Code"
}

func TestAnErrorIsAnsweredByItsCode(t *testing.T) {
	t.Parallel()
	rule := phone.BrokenRule{Pointer: "/agentId", Detail: "must be short"}
	err := fmt.Errorf("update: %w", &phone.Error{Code: phone.ValidationFailed, Rules: []phone.BrokenRule{rule}})
	var p *api.Problem
	if !errors.As(problem(err), &p) || p.Code != api.CodeValidationFailed || p.Status != 422 || len(p.Errors) != 1 || p.Errors[0].Pointer != "/agentId" {
		t.Errorf("got %+v; want a 422 validation_failed at /agentId", p)
	}
	if !errors.Is(problem(err), err) {
		t.Error("got a problem that has lost its error, which the log needs")
	}
}

// What openapi.yaml does not have must not reach a caller.
func TestAnErrorOfAnUnknownCodeIsNoProblem(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New("disk on fire"), &phone.Error{Code: "of_another_kind"}, &phone.Error{}} {
		var p *api.Problem
		if errors.As(problem(err), &p) {
			t.Errorf("%v: got the problem %+v; want none", err, p)
		}
	}
}
