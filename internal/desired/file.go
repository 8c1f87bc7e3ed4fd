// Package desired makes the agents of numbers match a file. Parse reads the file, Compare makes a plan, and Run makes the
// changes of the plan within the rate limit of the server. The package does not print anything.
package desired

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// State is what a file asks for: the agent of each number or SIP prefix. An empty string means no agent.
//
//	numbers:
//	  "+15105550100": {agent: agent_1}
//	  "+15105550101": {agent: ""}
type State map[string]string

// Write writes the file, sorted by number and with one line per number, so that a line diff compares two files.
func (d State) Write(w io.Writer) error {
	text := func(value string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value} }
	numbers := &yaml.Node{Kind: yaml.MappingNode}
	for _, number := range slices.Sorted(maps.Keys(d)) {
		key := text(number)
		key.Style = yaml.DoubleQuotedStyle
		agent := text(d[number])
		if slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(agent.Value)) {
			agent.Style = yaml.DoubleQuotedStyle // YAML 1.1 reads them as true and false
		}
		numbers.Content = append(numbers.Content, key, &yaml.Node{
			Kind: yaml.MappingNode, Style: yaml.FlowStyle, Content: []*yaml.Node{text("agent"), agent},
		})
	}
	if len(d) == 0 {
		numbers.Style = yaml.FlowStyle
	}
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	return errors.Join(
		encoder.Encode(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{text("numbers"), numbers}}),
		encoder.Close(),
	)
}

// MaxSize is the size of a file with a million numbers.
const MaxSize = 64 << 20

// File is a file that was read, with the line of each number.
type File struct {
	Name   string
	Agents State
	lines  map[string]int
}

// Parse reads the text of a file; name is for errors. It refuses names that it does not know, because a misspelled name would
// have no effect. It finds all mistakes, except those after a mistake in the YAML itself.
func Parse(name string, text []byte) (File, error) {
	r := reading{
		File:     File{Name: name, Agents: State{}},
		Mistakes: newMistakes(name),
		faulty:   map[*yaml.Node]bool{},
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return File{}, fmt.Errorf(`nothing was changed: %s is empty; write "numbers: {}" for no numbers`, name)
	} else if err != nil {
		return File{}, fmt.Errorf("nothing was changed: %s: %w", name, err)
	}
	root := document.Content[0]
	r.eachMember(root, "", "the file", func(key, value *yaml.Node, pointer string) {
		if key.Value != "numbers" {
			r.wrong(key, pointer, "%q is unknown; the only member of the file must be numbers", key.Value)
			return
		}
		r.lines = r.eachMember(value, pointer, "numbers", r.number)
	})
	if r.Len() == 0 && len(root.Content) == 0 {
		r.wrong(root, "", `the file has no members; write "numbers: {}" for no numbers`)
	}
	if err := decoder.Decode(&second); err == nil {
		r.wrong(&second, "", "the file contains a second YAML document; put all numbers into one document")
	} else if !errors.Is(err, io.EOF) {
		return File{}, fmt.Errorf("nothing was changed: %s: %w", name, err)
	}
	return r.File, r.orNil()
}

// reading is a file that is being read.
type reading struct {
	File
	Mistakes
	faulty map[*yaml.Node]bool // the mappings with an anchor whose mistakes are already reported; an alias does not report them again
}

func (r *reading) wrong(node *yaml.Node, pointer, format string, args ...any) {
	r.Add(node.Line, pointer, format, args...)
}

// number reads a number and its {agent: ID}.
func (r *reading) number(number, value *yaml.Node, pointer string) {
	const want = `write {agent: ID}, or {agent: ""} for a number without an agent`
	if r.faulty[meant(value)] {
		return
	}
	before, found := r.Len(), false
	r.eachMember(value, pointer, number.Value, func(key, value *yaml.Node, pointer string) {
		switch agent := meant(value); {
		case key.Value != "agent":
			r.wrong(key, pointer, "%s: %q is unknown; %s", number.Value, key.Value, want)
		case !isText(agent) || agent.ShortTag() == "!!null":
			r.wrong(value, pointer, "the agent of %s is not text; %s", number.Value, want)
		default:
			r.Agents[number.Value], found = agent.Value, true
		}
	})
	if !found && r.Len() == before {
		r.wrong(number, pointer, "%s has no agent; %s", number.Value, want)
	}
	if mapping := meant(value); r.Len() > before && mapping.Kind == yaml.MappingNode && mapping.Anchor != "" {
		r.faulty[mapping] = true
	}
}

// eachMember calls fn for each member of a mapping, and returns the line of each name. A name that appears twice is a mistake.
func (r *reading) eachMember(node *yaml.Node, pointer, what string, fn func(key, value *yaml.Node, pointer string)) map[string]int {
	mapping := meant(node)
	if mapping.Kind != yaml.MappingNode {
		r.wrong(node, pointer, "%s is not a mapping; it must look like numbers: {\"+14155550100\": {agent: agent_1}}", what)
		return nil
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		if !isText(key) || key.Value == "" {
			r.wrong(key, pointer, "a name in %s is empty or not text; write each name as text", what)
			continue
		}
		if lines[key.Value] > 0 {
			r.wrong(key, member(pointer, key.Value), "%s is already on line %d; remove one of them", key.Value, lines[key.Value])
		} else {
			lines[key.Value] = key.Line
		}
		fn(key, value, member(pointer, key.Value))
	}
	return lines
}

// meant returns the node itself, or the node that it is an alias of.
func meant(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// isText reports whether a node is text, or a scalar such as a number that can be read as text.
func isText(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() != "!!binary"
}
