package rest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
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
	if !errors.As(Problem(err), &p) {
		t.Fatalf("got %v; want a problem", Problem(err))
	}
	if p.Code != api.CodeValidationFailed {
		t.Errorf("the code is %s; want %s", p.Code, api.CodeValidationFailed)
	}
	if p.Status != http.StatusUnprocessableEntity {
		t.Errorf("the status is %d; want 422", p.Status)
	}
	if len(p.Errors) != 1 || p.Errors[0].Pointer != "/agentId" {
		t.Errorf("the errors are %+v; want one at /agentId", p.Errors)
	}
	if !errors.Is(Problem(err), err) {
		t.Errorf("got %v; want it to wrap %v, which the log needs", Problem(err), err)
	}
}

// A code that openapi.yaml does not have must not reach a caller.
func TestAnErrorOfAnUnknownCodeIsNoProblem(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New("disk on fire"), &phone.Error{Code: "of_another_kind"}, &phone.Error{}} {
		var p *api.Problem
		if errors.As(Problem(err), &p) {
			t.Errorf("%v: got the problem %+v; want none", err, p)
		}
	}
}
