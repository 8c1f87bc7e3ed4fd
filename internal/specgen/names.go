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

// types is the file of oapi-codegen with the types of the API; users use these names.
const types = "api/models.gen.go"

// oapiCodegen are the files that oapi-codegen makes.
var oapiCodegen = []string{types, "api/client/raw/client.gen.go", "api/server/server.gen.go"}

// tidy takes away what hides the types of the API in their documentation: the second names that oapi-codegen gives them, such
// as CreatePhoneNumberJSONRequestBody for CreatePhoneNumberInput, and its package comments, as doc.go has one. oapi-codegen has
// no option for either. A second name is an alias of a plain name; []T and time.Time are more than that, so their aliases stay.
func tidy(files map[string][]byte) (map[string][]byte, error) {
	firstNames, cuts, err := secondNames(files[types])
	if err != nil {
		return nil, err
	}
	files[types] = edit(files[types], cuts)
	for _, name := range oapiCodegen {
		file, err := parse(files[name])
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		var edits []change
		if file.Doc != nil {
			edits = append(edits, change{from: offset(file.Package), to: offset(file.Package), text: "\n"})
		}
		// Nothing in the file declares a second name any more, so it is among the unresolved names wherever it is a type. A field or a
		// variable of that name is not.
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

// secondNames returns what each second name stands for, and where it is declared.
func secondNames(code []byte) (firstNames map[string]string, declared []change, err error) {
	file, err := parse(code)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", types, err)
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

// parse gives each file positions of its own, from 1.
func parse(code []byte) (*ast.File, error) {
	return parser.ParseFile(token.NewFileSet(), "", code, parser.ParseComments)
}

func offset(p token.Pos) int { return int(p) - 1 }

// change puts text in the place of the bytes in between.
type change struct {
	from, to int
	text     string
}

func edit(code []byte, changes []change) []byte {
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(b.from, a.from) }) // the last first
	for _, c := range changes {
		code = slices.Concat(code[:c.from], []byte(c.text), code[c.to:])
	}
	return code
}
