package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

// desired is what a file asks for: the agent of each number or SIP prefix, empty for none.
//
//	numbers:
//	  "+15105550100": {agent: agent_1}
//	  "+15105550101": {agent: ""}
type desired map[string]string

// write writes the file, sorted by number, a line a number, so that two of them can be compared by their lines.
func (d desired) write(w io.Writer) error {
	text := func(value string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value} }
	numbers := &yaml.Node{Kind: yaml.MappingNode}
	for _, number := range slices.Sorted(maps.Keys(d)) {
		key := text(number)
		key.Style = yaml.DoubleQuotedStyle
		agent := text(d[number])
		if slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(agent.Value)) {
			agent.Style = yaml.DoubleQuotedStyle // YAML 1.1 takes them for true and false
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

// maxDesired is the size of a file with a million numbers.
const maxDesired = 64 << 20

// readDesired reads the file that --file names; - is stdin.
func (t *console) readDesired(ctx context.Context, path string) (desired, error) {
	text, err := t.read(ctx, path, maxDesired)
	if err != nil {
		return nil, err
	}
	if path == "-" {
		path = "stdin"
	}
	if len(text) > maxDesired {
		return nil, fmt.Errorf("%s, nothing is changed: it has more than %d MiB; split it, as numbers that are not in a file are left alone", path, maxDesired>>20)
	}
	d, err := parseDesired(text)
	if err != nil {
		return nil, fmt.Errorf("%s, nothing is changed: %w", path, err)
	}
	return d, nil
}

// parseDesired refuses whatever it does not know: what is misspelt would be left undone.
func parseDesired(text []byte) (desired, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, errors.New(`it is empty; "numbers: {}" asks for nothing`)
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is a second YAML document in it; put all numbers into one")
	}
	d := desired{}
	err := eachMember(document.Content[0], "the file", func(key, value *yaml.Node) error {
		if key.Value != "numbers" {
			return at(key, "%q is not known; the one member of the file is numbers", key.Value)
		}
		return eachMember(value, "numbers", func(key, value *yaml.Node) error {
			agent, err := agentIn(key, value)
			d[key.Value] = agent
			return err
		})
	})
	if err == nil && len(document.Content[0].Content) == 0 {
		err = errors.New(`there is nothing in it; "numbers: {}" asks for nothing`)
	}
	return d, err
}

// agentIn reads {agent: ID} of a number.
func agentIn(number, value *yaml.Node) (string, error) {
	const want = `write {agent: ID}, or {agent: ""} for a number without an agent`
	agent, found := "", false
	err := eachMember(value, number.Value, func(key, value *yaml.Node) error {
		switch {
		case key.Value != "agent":
			return at(key, "%s: %q is not known; %s", number.Value, key.Value, want)
		case !isText(value) || value.ShortTag() == "!!null":
			return at(value, "the agent of %s is no text; %s", number.Value, want)
		}
		agent, found = value.Value, true
		return nil
	})
	if err == nil && !found {
		err = at(number, "%s has no agent; %s", number.Value, want)
	}
	return agent, err
}

// eachMember calls fn for each member of a mapping. No name stands there twice.
func eachMember(node *yaml.Node, what string, fn func(key, value *yaml.Node) error) error {
	if node.Kind != yaml.MappingNode {
		return at(node, "%s is not a mapping; it must look like numbers: {\"+14155550100\": {agent: agent_1}}", what)
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		switch {
		case !isText(key) || key.Value == "":
			return at(key, "a name in %s is empty or no text", what)
		case lines[key.Value] > 0:
			return at(key, "%s stands already in line %d; take one of them out", key.Value, lines[key.Value])
		}
		lines[key.Value] = key.Line
		if err := fn(key, value); err != nil {
			return err
		}
	}
	return nil
}

// isText reports whether a node is a text, or a number or the like that can be taken as it is written.
func isText(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() != "!!binary"
}

func at(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: %s", node.Line, fmt.Sprintf(format, args...))
}

// The form of the file, for the help of the commands that read and write it.
const fileHelp = `The file has a line for each number or SIP prefix; an empty agent means none:

  numbers:
    "+15105550100": {agent: agent_1}
    "+15105550101": {agent: ""}`

func exportCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "export",
		Short: "Write all numbers and their agents as a file",
		Long: `Write all numbers and their agents as YAML to stdout, sorted by number, the same text for the same state; with --json as
JSON, which plan and apply read too.

` + fileHelp,
		Example:           `  phonenumbers export > numbers.yaml`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	return apiCommand(command, func(ctx context.Context, s *session, _ []string) error {
		owned, err := s.owned(ctx)
		if err != nil {
			return err
		}
		state := desired{}
		for number, n := range owned {
			state[number] = agentOf(n)
		}
		if !s.json {
			return state.write(s.out)
		}
		type agent struct {
			Agent string `json:"agent"`
		}
		numbers := map[string]agent{}
		for number, id := range state {
			numbers[number] = agent{id}
		}
		return s.document(map[string]any{"numbers": numbers})
	})
}
