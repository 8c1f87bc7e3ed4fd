// Specgen writes Go code that follows from openapi.yaml but that oapi-codegen does not generate: what the client and the
// server need to know about each operation, what each 200 response must contain, the status and the text of each problem
// code, and the handlers of the server, which need less time than those of oapi-codegen. It also tidies the files that
// oapi-codegen has just generated.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
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
	files := map[string][]byte{}
	for _, names := range oapiCodegen {
		made := map[string][]byte{}
		var err error
		for _, name := range names {
			if made[name], err = os.ReadFile(name); err != nil {
				return err
			}
		}
		if made, err = tidy(made, names); err != nil {
			return err
		}
		maps.Copy(files, made)
	}
	rendered, err := render(phonenumbers.Spec, files)
	if err != nil {
		return err
	}
	maps.Copy(files, rendered)
	for name, code := range files {
		if err := os.WriteFile(name, code, 0o644); err != nil { //nolint:gosec // everyone may read source code
			return err
		}
	}
	return nil
}

// render returns the Go files by name. tidied are the files of oapi-codegen.
func render(spec []byte, tidied map[string][]byte) (map[string][]byte, error) {
	document, err := openapi3.NewLoader().LoadFromData(spec)
	if err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	operations, err := readOperations(document)
	if err != nil {
		return nil, err
	}
	handlers, err := readHandlers(operations, tidied[types], tidied[server])
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, file := range []struct {
		name, text string
		data       any
	}{
		{"api/problems.gen.go", problemsFile, readProblems(document)},
		{"api/client/operations.gen.go", clientFile, operations},
		{"api/client/responses.gen.go", responsesFile, readResponses(document)},
		{"api/server/operations.gen.go", serverFile, operations},
		{"api/server/handlers.gen.go", handlersFile, handlers},
	} {
		var code bytes.Buffer
		if err := template.Must(template.New(file.name).Parse(header+file.text)).Execute(&code, file.data); err != nil {
			return nil, fmt.Errorf("generate %s: %w", file.name, err)
		}
		if files[file.name], err = format.Source(code.Bytes()); err != nil {
			return nil, fmt.Errorf("generate %s: %w", file.name, err)
		}
	}
	return files, nil
}

// operation is an operation, with its strings quoted as Go source.
type operation struct {
	Name, ID, Method, Path string
	Idempotent, TakesKey   bool
	Query                  []parameter
	Headers                []string
	Body, BodyRequired     bool
	Nullable               []string // JSON pointers
}

type parameter struct{ Name, Type string }

// idempotencyKey is the name of the header that makes it safe to repeat an operation.
const idempotencyKey = "Idempotency-Key"

func readOperations(document *openapi3.T) (operations []operation, err error) {
	for path, item := range document.Paths.Map() {
		for method, spec := range item.Operations() {
			idempotent, _ := spec.Extensions["x-idempotent"].(bool) // without it the client never repeats a call by itself
			op := operation{
				Name: spec.OperationID, ID: strconv.Quote(spec.OperationID), Method: strconv.Quote(method), Path: strconv.Quote(path),
				Idempotent: idempotent,
			}
			for _, p := range slices.Concat(item.Parameters, spec.Parameters) {
				op.addParameter(p.Value)
			}
			if spec.RequestBody != nil {
				op.Body, op.BodyRequired = true, spec.RequestBody.Value.Required
				if content := spec.RequestBody.Value.Content["application/json"]; content != nil {
					if err := op.addNullable("", content.Schema.Value, nil); err != nil {
						return nil, fmt.Errorf("%s: %w", spec.OperationID, err)
					}
				}
			}
			operations = append(operations, op)
		}
	}
	slices.SortFunc(operations, func(a, b operation) int { return strings.Compare(a.ID, b.ID) })
	return operations, nil
}

func (op *operation) addParameter(p *openapi3.Parameter) {
	switch p.In {
	case openapi3.ParameterInQuery:
		kind := ""
		if p.Schema != nil && len(p.Schema.Value.Type.Slice()) > 0 {
			kind = p.Schema.Value.Type.Slice()[0]
		}
		op.Query = append(op.Query, parameter{strconv.Quote(p.Name), strconv.Quote(kind)})
	case openapi3.ParameterInHeader:
		op.Headers = append(op.Headers, strconv.Quote(p.Name))
		op.TakesKey = op.TakesKey || p.Name == idempotencyKey
	}
}

// addNullable collects the members of a body that can be null. It returns an error if a schema contains itself.
func (op *operation) addNullable(pointer string, schema *openapi3.Schema, around []*openapi3.Schema) error {
	if slices.Contains(around, schema) {
		return fmt.Errorf("body %s contains itself, so the members that may be null have no end", pointer)
	}
	if schema.Nullable {
		op.Nullable = append(op.Nullable, strconv.Quote(pointer))
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		if err := op.addNullable(pointer+"/"+name, schema.Properties[name].Value, append(slices.Clip(around), schema)); err != nil {
			return err
		}
	}
	return nil
}

// problem is a problem code, as an example of a response shows it.
type problem struct {
	Code   string // quoted, as is the detail
	Status int
	Detail string
}

// readProblems reads the status and the text of each code from the first example that has the code. A test compares all
// examples with the result, and names each code that has no example.
func readProblems(document *openapi3.T) (problems []problem) {
	codes := document.Components.Schemas["ProblemCode"].Value
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
	for _, code := range codes.Enum {
		if p, ok := found[code]; ok {
			p.Code = strconv.Quote(fmt.Sprint(code))
			problems = append(problems, p)
		}
	}
	return problems
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
