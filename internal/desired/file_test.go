package desired

import (
	"bytes"
	"maps"
	"strings"
	"testing"
)

// Whatever numbers and agents a server has, plan reads exactly what export wrote. Whatever a file contains, the parser fails
// only with an error.
func FuzzFile(f *testing.F) {
	for _, text := range []string{
		`numbers: {"+14155550100": {agent: agent_1}, support: {agent: ""}}`,
		"numbers:\n  +14155550100: &a {agent: 007}\n  true: *a\n  ? ~\n  : {agent: null}\n",
		"numbers: &a {x: *a}", "numbers: {<<: {a: {agent: b}}}", "numbers: {a: {agent: !!binary aGk=}}",
		"\xef\xbb\xbfnumbers: {}\r\n", "--- !x\nnumbers: {\"\\0\": {agent: \"\\e[31m\\n\"}}\n...\n---\n", "numbers: {a: {agent: |\n  two\n  lines\n}}",
	} {
		f.Add(text, "+14155550100", "null")
	}
	f.Fuzz(func(t *testing.T, text, number, agent string) {
		states := []State{{}}
		if f, err := Parse("f", []byte(text)); err == nil {
			states = append(states, f.Agents)
		}
		if number = strings.ToValidUTF8(number, ""); number != "" {
			states = append(states, State{number: strings.ToValidUTF8(agent, "")})
		}
		for _, d := range states {
			var b bytes.Buffer
			if err := d.Write(&b); err != nil {
				t.Fatalf("write %q: %v", d, err)
			}
			again, err := Parse("f", b.Bytes())
			if err != nil || !maps.Equal(again.Agents, d) {
				t.Fatalf("%q was written as\n%s\nand read as %q, %v; want the same", d, b.Bytes(), again.Agents, err)
			}
		}
	})
}
