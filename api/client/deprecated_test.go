package client_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// source is what the test reads from the source code of a method of Client.
type source struct {
	deprecated bool
	operations map[string]bool // the operations that its body names
	calls      map[string]bool // the methods of Client that it calls
}

// sources returns the methods of Client by name, including the unexported ones.
func sources(t *testing.T, spec *spectest.Spec) map[string]*source {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*source{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if method, ok := declaration.(*ast.FuncDecl); ok && ofClient(method) {
				all[method.Name.Name] = read(method, spec)
			}
		}
	}
	return all
}

// ofClient reports whether the receiver is a *Client.
func ofClient(method *ast.FuncDecl) bool {
	if method.Recv == nil || len(method.Recv.List[0].Names) == 0 {
		return false
	}
	pointer, ok := method.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	name, ok := pointer.X.(*ast.Ident)
	return ok && name.Name == "Client"
}

func read(method *ast.FuncDecl, spec *spectest.Spec) *source {
	s := &source{
		deprecated: regexp.MustCompile(`(^|\n\n)Deprecated: `).MatchString(method.Doc.Text()),
		operations: map[string]bool{}, calls: map[string]bool{},
	}
	receiver := method.Recv.List[0].Names[0].Name
	ast.Inspect(method.Body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.Ident:
			if slices.ContainsFunc(spec.Operations, func(op *spectest.Operation) bool { return op.OperationID == node.Name }) {
				s.operations[node.Name] = true
			}
		case *ast.SelectorExpr:
			if on, ok := node.X.(*ast.Ident); ok && on.Name == receiver {
				s.calls[node.Sel.Name] = true
			}
		}
		return true
	})
	return s
}

// operationsOf returns the operations that a method calls, by itself or through other methods.
func operationsOf(all map[string]*source, name string) map[string]bool {
	found := map[string]bool{}
	if s := all[name]; s != nil {
		maps.Copy(found, s.operations)
		for called := range s.calls {
			maps.Copy(found, operationsOf(all, called))
		}
	}
	return found
}

// publicMethods returns the names of the exported methods of Client that make calls, except for Do.
func publicMethods() (names []string) {
	c, ctx := reflect.TypeFor[*client.Client](), reflect.TypeFor[context.Context]()
	for i := range c.NumMethod() {
		if m := c.Method(i); m.Type.NumIn() > 1 && m.Type.In(1) == ctx && m.Name != "Do" { // Do can call any operation
			names = append(names, m.Name)
		}
	}
	return names
}

// misjudged names each method that is deprecated and calls no deprecated operation, or the other way
// round.
func misjudged(all map[string]*source, spec *spectest.Spec) (found []string) {
	for _, name := range publicMethods() {
		operations := slices.Sorted(maps.Keys(operationsOf(all, name)))
		old := slices.ContainsFunc(operations, func(id string) bool {
			return slices.ContainsFunc(spec.Operations, func(op *spectest.Operation) bool { return op.OperationID == id && op.Deprecated })
		})
		if old != all[name].deprecated {
			found = append(found, fmt.Sprintf("%s calls %s: deprecated in openapi.yaml: %t, in Go: %t", name, strings.Join(operations, ", "), old, all[name].deprecated))
		}
	}
	return found
}

func TestAMethodIsDeprecatedIfItsOperationIs(t *testing.T) {
	spec := spectest.Load(t)
	all := sources(t, spec)
	for _, wrong := range misjudged(all, spec) {
		t.Errorf("%s; its doc comment needs a paragraph that begins with \"Deprecated: \", or has one too many", wrong)
	}

	// The control: each operation decides about the methods that call it.
	for _, s := range all {
		s.deprecated = false
	}
	for _, op := range spec.Operations {
		op.Deprecated = false
	}
	for id, want := range map[string][]string{
		"getPhoneNumber":      {"Get"},
		"listPhoneNumbers":    {"All", "GetByNumber", "List"},
		"createPhoneNumber":   {"Buy", "BuyAny", "Create"},
		"searchPhoneNumbers":  {"BuyAny", "Search"},
		"updatePhoneNumber":   {"Link", "Unlink", "Update"},
		"deletePhoneNumber":   {"Delete"},
		"purchasePhoneNumber": {"Purchase"},
	} {
		op := spec.Operation(t, id)
		op.Deprecated = true
		var got []string
		for _, wrong := range misjudged(all, spec) {
			name, _, _ := strings.Cut(wrong, " ")
			got = append(got, name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("if only %s were deprecated, the comments of %q would be wrong; want %q", id, got, want)
		}
		op.Deprecated = false
	}
}

func TestEveryMethodCallsAnOperationAndEveryOperationHasAMethod(t *testing.T) {
	spec := spectest.Load(t)
	all, called := sources(t, spec), map[string]bool{}
	for _, name := range publicMethods() {
		operations := operationsOf(all, name)
		if len(operations) == 0 {
			t.Errorf("%s names no operation; want one of openapi.yaml, which says whether it is deprecated", name)
		}
		maps.Copy(called, operations)
	}
	for _, op := range spec.Operations {
		if !called[op.OperationID] {
			t.Errorf("no method of Client calls %s; write one in api/client", op.OperationID)
		}
	}
}
