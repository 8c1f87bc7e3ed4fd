package main

import (
	"go/ast"
	gotypes "go/types"
	"reflect"
	"strconv"
	"strings"
)

// declarations are the types in files of oapi-codegen, by name.
type declarations map[string]*declared

type declared struct {
	underlying  string  // of a type that is not a struct, such as string
	fields      []field // of a struct
	encodesSelf bool    // whether it has a method MarshalJSON or MarshalText
}

// field is a field of a struct.
type field struct {
	Name, Type string
	JSON       string // the name of the member or parameter
	options    string // in the JSON tag, after the name
	query      bool   // whether it is a query parameter
}

// add reads the types in a file.
func (d declarations) add(code []byte) error {
	file, err := parse(code)
	if err != nil {
		return err
	}
	for _, declaration := range file.Decls {
		switch declaration := declaration.(type) {
		case *ast.GenDecl:
			for _, spec := range declaration.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok {
					d.named(spec.Name.Name).read(spec.Type)
				}
			}
		case *ast.FuncDecl:
			if name := declaration.Name.Name; declaration.Recv != nil && (name == "MarshalJSON" || name == "MarshalText") {
				receiver := strings.TrimPrefix(gotypes.ExprString(declaration.Recv.List[0].Type), "*")
				d.named(receiver).encodesSelf = true
			}
		}
	}
	return nil
}

func (d declarations) named(name string) *declared {
	if d[name] == nil {
		d[name] = &declared{}
	}
	return d[name]
}

func (d *declared) read(expression ast.Expr) {
	structure, ok := expression.(*ast.StructType)
	if !ok {
		d.underlying = gotypes.ExprString(expression)
		return
	}
	for _, f := range structure.Fields.List {
		var tag reflect.StructTag
		if f.Tag != nil {
			text, _ := strconv.Unquote(f.Tag.Value) // the parser has checked it
			tag = reflect.StructTag(text)
		}
		name, options, _ := strings.Cut(tag.Get("json"), ",")
		_, query := tag.Lookup("form")
		read := field{Type: gotypes.ExprString(f.Type), JSON: name, options: options, query: query}
		for _, ident := range f.Names { // an embedded field has none
			read.Name = ident.Name
		}
		d.fields = append(d.fields, read)
	}
}

// fieldsOf returns the fields of a struct, or none.
func (d declarations) fieldsOf(name string) []field {
	if declared := d[name]; declared != nil {
		return declared.fields
	}
	return nil
}
