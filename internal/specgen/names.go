package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
)

// The files of oapi-codegen that declare the types of the API, which programs use, and the server.
const (
	types  = "api/models.gen.go"
	server = "api/server/server.gen.go"
)

// oapiCodegen lists the files that oapi-codegen generates from openapi.yaml and from control.yaml, the file with the types first.
var oapiCodegen = [][]string{
	{types, "api/client/raw/client.gen.go", server},
	{"api/control/models.gen.go", "internal/sandbox/controlserver/server.gen.go"},
}

// tidy removes what clutters the documentation of the types in the first of the files: the second names that oapi-codegen gives them, such as
// CreatePhoneNumberJSONRequestBody for CreatePhoneNumberInput, and its package comments, because doc.go has one. oapi-codegen
// has no option to omit either. A second name is an alias of a plain name. []T and time.Time are not plain names, so their
// aliases stay.
func tidy(files map[string][]byte, names []string) (map[string][]byte, error) {
	types := names[0]
	firstNames, cuts, err := secondNames(files[types])
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", types, err)
	}
	files[types] = edit(files[types], cuts)
	for _, name := range names {
		file, err := parse(files[name])
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		var edits []change
		if file.Doc != nil {
			edits = append(edits, change{from: offset(file.Package), to: offset(file.Package), text: "\n"})
		}
		// The file no longer declares any second name, so each use of one as a type is an unresolved name. A field or a
		// variable with such a name is not.
		for _, use := range file.Unresolved {
			text := use.Name
			for firstNames[text] != "" {
				text = firstNames[text]
			}
			if text != use.Name {
				edits = append(edits, change{offset(use.Pos()), offset(use.End()), text})
			}
		}
		if files[name], err = format.Source(edit(files[name], edits)); err != nil {
			return nil, fmt.Errorf("tidy %s: %w", name, err)
		}
	}
	return files, nil
}

// secondNames returns the name that each second name is an alias of, and where the second names are declared.
func secondNames(code []byte) (firstNames map[string]string, declared []change, err error) {
	file, err := parse(code)
	if err != nil {
		return nil, nil, err
	}
	firstNames = map[string]string{}
	for _, d := range file.Decls {
		declaration, ok := d.(*ast.GenDecl)
		if !ok || declaration.Tok != token.TYPE || declaration.Lparen.IsValid() {
			continue
		}
		spec, _ := declaration.Specs[0].(*ast.TypeSpec)
		if first, ok := spec.Type.(*ast.Ident); ok && spec.Assign.IsValid() {
			firstNames[spec.Name.Name] = first.Name
			from := declaration.Pos()
			if declaration.Doc != nil {
				from = declaration.Doc.Pos()
			}
			declared = append(declared, change{from: offset(from), to: offset(declaration.End())})
		}
	}
	return firstNames, declared, nil
}

// parse parses a file with its own positions, which start at 1.
func parse(code []byte) (*ast.File, error) {
	return parser.ParseFile(token.NewFileSet(), "", code, parser.ParseComments)
}

func offset(p token.Pos) int { return int(p) - 1 }

// change replaces the bytes from one offset to another with a text.
type change struct {
	from, to int
	text     string
}

func edit(code []byte, changes []change) []byte {
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(b.from, a.from) }) // the last one first
	for _, c := range changes {
		code = slices.Concat(code[:c.from], []byte(c.text), code[c.to:])
	}
	return code
}
