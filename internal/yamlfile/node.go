package yamlfile

import (
	"encoding/json"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

const noAliases = "anchors (&) and aliases (*) do not work here; put text that starts with & or * in quotes"

// writeJSON appends a YAML node to f.json. It notes what JSON cannot express, and what the decoder would not refuse.
func (f *file) writeJSON(node *yaml.Node) {
	if node.Kind == yaml.AliasNode || node.Anchor != "" {
		f.Add(node.Line, "", noAliases)
		return
	}
	switch node.Kind {
	case yaml.MappingNode:
		f.json = append(f.json, '{')
		f.writeMembers(node)
		f.json = append(f.json, '}')
	case yaml.SequenceNode:
		f.json = append(f.json, '[')
		for i, element := range node.Content {
			if i > 0 {
				f.json = append(f.json, ',')
			}
			f.writeJSON(element)
		}
		f.json = append(f.json, ']')
	default:
		f.writeScalar(node)
	}
}

func (f *file) writeMembers(mapping *yaml.Node) {
	lines := make(map[string]int, len(mapping.Content)/2)
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		name, value := mapping.Content[i], mapping.Content[i+1]
		if i > 0 {
			f.json = append(f.json, ',')
		}
		switch {
		case name.Kind != yaml.ScalarNode || name.Anchor != "":
			f.Add(name.Line, "", "the name of a member must be text")
			continue
		case lines[name.Value] > 0:
			f.Add(name.Line, "", "%s is already on line %d; remove one of them", memberName(name.Value), lines[name.Value])
		case value.ShortTag() == "!!null":
			f.Add(name.Line, "", "%s has no value; write one, or remove it", memberName(name.Value))
			continue
		}
		lines[name.Value] = name.Line
		f.writeText(name)
		f.json = append(f.json, ':')
		f.writeJSON(value)
	}
}

func (f *file) writeScalar(node *yaml.Node) {
	switch node.ShortTag() {
	case "!!str", "!!timestamp":
		f.writeText(node)
	case "!!int", "!!float", "!!bool":
		var value any
		if err := node.Decode(&value); err != nil {
			f.wrongScalar(node)
			return
		}
		text, err := json.Marshal(value)
		if err != nil { // such as .inf
			f.wrongScalar(node)
			return
		}
		f.json = append(f.json, text...)
		f.texts[int64(len(f.json))] = node.Value
	case "!!null":
		f.Add(node.Line, "", "this element is empty; write a value, or remove it")
	default:
		f.wrongScalar(node)
	}
}

// wrongScalar does not wrap an error of the YAML package, because it would quote the value.
func (f *file) wrongScalar(node *yaml.Node) {
	f.Add(node.Line, "", "this value does not work here; if it is text, put it in quotes")
}

func (f *file) writeText(node *yaml.Node) {
	text, err := jsontext.AppendQuote(f.json, node.Value)
	if err != nil {
		f.wrongScalar(node)
		return
	}
	f.json = text
}

// child returns an element of a list, or the name and the value of a member of a mapping. It returns nil if there is none.
func child(node *yaml.Node, token string) (name, value *yaml.Node) {
	switch node.Kind {
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == token {
				return node.Content[i], node.Content[i+1]
			}
		}
	default: // a scalar contains nothing
	}
	return nil, nil
}
