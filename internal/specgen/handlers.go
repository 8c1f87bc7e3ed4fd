package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// handlers is what api/server needs to serve the operations without the reflection of the code from oapi-codegen.
type handlers struct {
	Handlers []handler
	Fallback bool       // whether an operation needs the code from oapi-codegen
	Encoders []function // of the structs in the responses
}

// handler serves an operation.
type handler struct {
	ID, Name, Method, Path string // such as getPhoneNumber, GetPhoneNumber, GET and /phone_numbers/:id
	Plain                  bool   // whether the server can read its requests by itself
	InPath                 []field
	Query                  []parameterField
	Headers                []field
	Body                   string // the type, or empty
	Encode                 string // the expression that appends the body of a 200 response to t.b; empty if it needs encoding/json
}

// parameterField is a query parameter, and the function that reads it.
type parameterField struct {
	field
	Read string
}

type function struct{ Type, Body string }

// registered matches how the code from oapi-codegen registers an operation.
var registered = regexp.MustCompile(`router\.([A-Z]+)\(options\.BaseURL\+"([^"]+)", wrapper\.(\w+), options\.OperationMiddlewares\["([^"]+)"\]\.\.\.\)`)

// readHandlers reads the files of oapi-codegen with the types and with the server, because only they have the Go names.
func readHandlers(operations []operation, models, server []byte) (handlers, error) {
	types := declarations{}
	for _, code := range [][]byte{models, server} {
		if err := types.add(code); err != nil {
			return handlers{}, err
		}
	}
	encoders := encoders{types: types}
	var made handlers
	for _, match := range registered.FindAllStringSubmatch(string(server), -1) {
		h := handler{Method: match[1], Path: match[2], Name: match[3], ID: match[4]}
		at := slices.IndexFunc(operations, func(op operation) bool { return op.Name == h.ID })
		if at < 0 {
			return handlers{}, fmt.Errorf("%s is not in openapi.yaml", h.ID)
		}
		h.readRequest(types, operations[at])
		h.Encode = encoders.body(types.fieldsOf(h.Name + "200JSONResponse"))
		made.Handlers = append(made.Handlers, h)
		made.Fallback = made.Fallback || !h.Plain
	}
	made.Encoders = encoders.made
	return made, nil
}

// readRequest reads the types of the request. They are plain if all parameters are texts, or integers in the query, and only
// those in the path and the body are required.
func (h *handler) readRequest(types declarations, op operation) {
	h.Plain = true
	for _, f := range types.fieldsOf(h.Name + "RequestObject") {
		switch f.Name {
		case "Params":
			h.readParams(types, f.Type)
		case "Body":
			h.Body = strings.TrimPrefix(f.Type, "*")
			h.Plain = h.Plain && op.BodyRequired && h.Body != f.Type
		default:
			h.InPath = append(h.InPath, f)
			h.Plain = h.Plain && f.Type == "string"
		}
	}
	h.Plain = h.Plain && op.Body == (h.Body != "")
}

func (h *handler) readParams(types declarations, name string) {
	for _, f := range types.fieldsOf(name) {
		kind, optional := strings.CutPrefix(f.Type, "*")
		text := kind == "string" || types[kind] != nil && types[kind].underlying == "string"
		switch {
		case f.query && optional && text:
			h.Query = append(h.Query, parameterField{f, "queryText[" + kind + "]"})
		case f.query && optional && kind == "int":
			h.Query = append(h.Query, parameterField{f, "queryInt"})
		case !f.query && f.Type == "*string":
			h.Headers = append(h.Headers, f)
		default:
			h.Plain = false
		}
	}
}

// encoders writes functions that append structs as JSON.
type encoders struct {
	types declarations
	made  []function
}

// body returns the expression that appends the body of a response, which has these fields. It returns an empty string if only
// encoding/json can encode the body.
func (e *encoders) body(response []field) string {
	for _, f := range response {
		if f.Name == "Body" && e.simple(f.Type, nil) {
			return e.append("t.b", "ok.Body", f.Type)
		}
	}
	return ""
}

// simple reports whether append can encode a type. around are the structs that it is in.
func (e *encoders) simple(goType string, around []string) bool {
	goType = goType[len(prefixOf(goType)):]
	t := e.types[goType]
	switch {
	case prefixOf(goType) != "" || slices.Contains(around, goType):
		return false
	case t == nil:
		return basic[goType] != ""
	case t.encodesSelf:
		return false
	case t.underlying != "":
		return t.underlying == "string"
	}
	for _, f := range t.fields {
		omits := f.options == "omitempty" && prefixOf(f.Type) != ""
		if f.Name == "" || !plainName.MatchString(f.JSON) || f.options != "" && !omits || !e.simple(f.Type, append(slices.Clip(around), goType)) {
			return false
		}
	}
	return true
}

// basic has the functions that append the basic types. The pattern is that of the names that JSON does not escape.
var (
	basic     = map[string]string{"string": "appendText[string]", "int": "appendInt", "bool": "appendBool"}
	plainName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// prefixOf returns what makes a type a pointer or a slice.
func prefixOf(goType string) string {
	for _, prefix := range []string{"*", "[]"} {
		if strings.HasPrefix(goType, prefix) {
			return prefix
		}
	}
	return ""
}

// append returns the expression that appends a value of a simple type to b.
func (e *encoders) append(b, value, goType string) string {
	switch prefix := prefixOf(goType); prefix {
	case "*":
		return "appendPointer(" + b + ", " + value + ", " + e.function(goType[len(prefix):]) + ")"
	case "[]":
		return "appendList(" + b + ", " + value + ", " + e.function(goType[len(prefix):]) + ")"
	}
	return e.function(goType) + "(" + b + ", &" + value + ")"
}

// function returns the function that appends a type. It writes that of a struct.
func (e *encoders) function(goType string) string {
	switch t := e.types[goType]; {
	case t == nil:
		return basic[goType]
	case t.underlying != "":
		return "appendText[" + goType + "]"
	}
	if slices.ContainsFunc(e.made, func(f function) bool { return f.Type == goType }) {
		return "append" + goType
	}
	at := len(e.made)
	e.made = append(e.made, function{Type: goType})
	var body strings.Builder
	for _, f := range e.types[goType].fields {
		member := "b = " + e.append("append(b, `,\""+f.JSON+"\":`...)", "v."+f.Name, f.Type) + "\n"
		if f.options != "" { // omitempty
			isThere := map[string]string{"*": "v." + f.Name + " != nil", "[]": "len(v." + f.Name + ") > 0"}
			member = "if " + isThere[prefixOf(f.Type)] + " {\n" + member + "}\n"
		}
		body.WriteString(member)
	}
	e.made[at].Body = body.String()
	return "append" + goType
}
