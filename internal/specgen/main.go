// Specgen writes the Go tables that openapi.yaml already knows and oapi-codegen does not make: the
// operations as the client and the server need them, and the status and text of each problem code.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"maps"
	"os"
	"slices"
	"strconv"
	"text/template"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, "specgen:", err)
		os.Exit(1)
	}
}

func generate() error {
	document, err := openapi3.NewLoader().LoadFromData(phonenumbers.Spec)
	if err != nil {
		return fmt.Errorf("read openapi.yaml: %w", err)
	}
	operations, err := readOperations(document)
	if err != nil {
		return err
	}
	problems, err := readProblems(document)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		name, text string
		data       any
	}{
		{"api/problems.gen.go", problemsFile, problems},
		{"api/client/operations.gen.go", clientFile, operations},
		{"api/server/operations.gen.go", serverFile, operations},
	} {
		if err := write(file.name, file.text, file.data); err != nil {
			return fmt.Errorf("write %s: %w", file.name, err)
		}
	}
	return nil
}

func write(name, text string, data any) error {
	var code bytes.Buffer
	if err := template.Must(template.New(name).Parse(header+text)).Execute(&code, data); err != nil {
		return err
	}
	formatted, err := format.Source(code.Bytes())
	if err != nil {
		return err
	}
	return os.WriteFile(name, formatted, 0o644) //nolint:gosec // source code is for everyone to read
}

// operation is an operation, with its strings quoted as Go source.
type operation struct {
	Name, ID, Method, Path string
	Idempotent, TakesKey   bool
	Query                  []parameter
	Headers                []string
	Body                   bool
	Nullable               []string // JSON pointers
}

type parameter struct{ Name, Type string }

// idempotencyKey is the name of the header by which an operation can be repeated safely.
const idempotencyKey = "Idempotency-Key"

func readOperations(document *openapi3.T) (operations []operation, err error) {
	for _, path := range document.Paths.InMatchingOrder() {
		item := document.Paths.Value(path)
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			spec := item.Operations()[method]
			idempotent, ok := spec.Extensions["x-idempotent"].(bool)
			if !ok {
				return nil, fmt.Errorf("%s has no x-idempotent: say true if the operation does the same when it is sent twice, else false", spec.OperationID)
			}
			op := operation{
				Name: spec.OperationID, ID: strconv.Quote(spec.OperationID), Method: strconv.Quote(method), Path: strconv.Quote(path),
				Idempotent: idempotent,
			}
			for _, p := range slices.Concat(item.Parameters, spec.Parameters) {
				op.addParameter(p.Value)
			}
			if spec.RequestBody != nil {
				op.Body = true
				if content := spec.RequestBody.Value.Content.Get("application/json"); content != nil {
					op.addNullable("", content.Schema.Value)
				}
			}
			operations = append(operations, op)
		}
	}
	slices.SortFunc(operations, func(a, b operation) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) })
	return operations, nil
}

func (op *operation) addParameter(p *openapi3.Parameter) {
	switch p.In {
	case openapi3.ParameterInQuery:
		kind := ""
		if types := p.Schema.Value.Type.Slice(); len(types) > 0 {
			kind = types[0]
		}
		op.Query = append(op.Query, parameter{strconv.Quote(p.Name), strconv.Quote(kind)})
	case openapi3.ParameterInHeader:
		op.Headers = append(op.Headers, strconv.Quote(p.Name))
		op.TakesKey = op.TakesKey || p.Name == idempotencyKey
	}
}

// addNullable notes the members of a body that may be null.
func (op *operation) addNullable(pointer string, schema *openapi3.Schema) {
	if schema.Nullable {
		op.Nullable = append(op.Nullable, strconv.Quote(pointer))
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		op.addNullable(pointer+"/"+name, schema.Properties[name].Value)
	}
}

// problem is a problem code as an example of a response shows it.
type problem struct {
	Name   string // of the Go constant
	Code   string
	Status int
	Detail string // quoted
}

// readProblems reads the status and the text of each code off the first example that has it. A test
// holds all examples against the result, and names a code without one.
func readProblems(document *openapi3.T) (problems []problem, err error) {
	codes := document.Components.Schemas["ProblemCode"].Value
	names, _ := codes.Extensions["x-enum-varnames"].([]any)
	if len(names) != len(codes.Enum) {
		return nil, fmt.Errorf("ProblemCode has %d values and %d x-enum-varnames", len(codes.Enum), len(names))
	}
	found := map[any]problem{}
	for _, name := range slices.Sorted(maps.Keys(document.Components.Responses)) {
		content := document.Components.Responses[name].Value.Content.Get("application/problem+json")
		if content == nil {
			continue
		}
		for _, example := range examples(content) {
			members, _ := example.(map[string]any)
			status, _ := members["status"].(float64)
			detail, _ := members["detail"].(string)
			if _, again := found[members["code"]]; !again {
				found[members["code"]] = problem{Status: int(status), Detail: strconv.Quote(detail)}
			}
		}
	}
	for i, code := range codes.Enum {
		if p, ok := found[code]; ok {
			p.Name, p.Code = fmt.Sprint(names[i]), fmt.Sprint(code)
			problems = append(problems, p)
		}
	}
	return problems, nil
}

func examples(content *openapi3.MediaType) (all []any) {
	if content.Example != nil {
		all = append(all, content.Example)
	}
	for _, name := range slices.Sorted(maps.Keys(content.Examples)) {
		all = append(all, content.Examples[name].Value.Value)
	}
	return all
}
