package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/spectest"
)

var deprecated = regexp.MustCompile(`(?m)(^|\n)Deprecated: `)

// deprecatedFields are the fields in models.gen.go whose comment says so, such as
// "phonenumber.agentId": the type in lower case, and the name in JSON.
func deprecatedFields(t *testing.T) (fields []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "models.gen.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if object, ok := spec.Type.(*ast.StructType); ok {
			for _, field := range object.Fields.List {
				tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json")
				name, _, _ := strings.Cut(tag, ",")
				if deprecated.MatchString(field.Doc.Text()) {
					fields = append(fields, strings.ToLower(spec.Name.Name)+"."+name)
				}
			}
		}
		return true
	})
	slices.Sort(fields)
	return fields
}

// deprecatedInSpec are the same for what openapi.yaml deprecates: members, and parameters that
// oapi-codegen makes a field of.
func deprecatedInSpec(spec *spectest.Spec) (fields []string) {
	for name, schema := range spec.Document.Components.Schemas {
		for member, inner := range schema.Value.Properties {
			if inner.Value.Deprecated {
				fields = append(fields, strings.ToLower(name)+"."+member)
			}
		}
	}
	for _, op := range spec.Operations {
		for _, p := range op.Parameters {
			if p.Deprecated && p.In != "path" {
				fields = append(fields, strings.ToLower(op.OperationID)+"params."+p.Name)
			}
		}
	}
	slices.Sort(fields)
	return fields
}

func TestWhatOpenAPIDeprecatesIsDeprecatedInGo(t *testing.T) {
	spec := spectest.Load(t)
	got, want := deprecatedFields(t), deprecatedInSpec(spec)
	if !slices.Equal(got, want) {
		t.Errorf("api/models.gen.go deprecates %q, openapi.yaml %q; run make generate", got, want)
	}

	// The control: what is deprecated in the document only is noticed.
	spec.Document.Components.Schemas["UpdatePhoneNumberInput"].Value.Properties["agentId"].Value.Deprecated = true
	spec.Operation(t, "listPhoneNumbers").Parameter("query", "limit").Deprecated = true
	more := slices.Compact(slices.Sorted(slices.Values(append(want, "updatephonenumberinput.agentId", "listphonenumbersparams.limit"))))
	if changed := deprecatedInSpec(spec); !slices.Equal(changed, more) {
		t.Errorf("with agentId and limit deprecated, openapi.yaml deprecates %q; want %q", changed, more)
	}
}
