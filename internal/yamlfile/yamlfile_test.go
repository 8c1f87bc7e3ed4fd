package yamlfile_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/yamlfile"
)

func read[T any](text string, fields ...api.ProblemField) (T, error) {
	return yamlfile.Read("a.yaml", []byte(text), func(T) []api.ProblemField { return fields })
}

func TestAFileIsReadIntoItsType(t *testing.T) {
	t.Parallel()
	quarter := 0.25
	for name, test := range map[string]struct {
		text string
		want any
		got  func(text string) (any, error)
	}{
		"a seed": {`
# A comment.
workspaces: [default]
agents: []
numbers:
  - number: "+14155550100"
    agentId: agent_1
  - {number: support-line, sip: {username: caller, password: correct horse}}
`, control.Seed{
			Workspaces: []string{"default"}, Agents: []string{}, Numbers: []control.SeedNumber{
				{Number: "+14155550100", AgentID: "agent_1"},
				{Number: "support-line", SIP: &control.SeedSIP{Username: "caller", Password: "correct horse"}},
			},
		}, seedOf},
		"faults": {`
faults:
  - {name: busy, status: 429, headers: {Retry-After: 2}, probability: 0.25, afterWork: true, cut: after}
  - body: |
      <h1>Bad
      Gateway</h1>
`, control.FaultList{Faults: []control.Fault{
			{Name: "busy", Status: 429, Headers: map[string]string{"Retry-After": "2"}, Probability: &quarter, AfterWork: true, Cut: control.CutAfter},
			{Body: "<h1>Bad\nGateway</h1>\n"},
		}}, faultsOf},
		"JSON":         {`{"agents": ["a", "b"]}`, control.Seed{Agents: []string{"a", "b"}}, seedOf},
		"no members":   {"{}", control.Seed{}, seedOf},
		"a whole mark": {"--- # a mark\nagents: [a]\n...\n", control.Seed{Agents: []string{"a"}}, seedOf},
		"what YAML reads as another type is text as it is written": {
			"agents: [+14155550100, 0123, 1_000, 0x1F, true, No, 1.50, 2026-01-02, 1e3, \"7\"]\n",
			control.Seed{Agents: []string{"+14155550100", "0123", "1_000", "0x1F", "true", "No", "1.50", "2026-01-02", "1e3", "7"}},
			seedOf,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := test.got(test.text)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("read %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

func seedOf(text string) (any, error) { return read[control.Seed](text) }

func faultsOf(text string) (any, error) { return read[control.FaultList](text) }

func TestEachMistakeIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	const noAliases = "anchors (&) and aliases (*) do not work here"
	for name, test := range map[string]struct {
		text, want string
		read       func(string) (any, error)
	}{
		"an empty file":                   {"", "a.yaml: line 1: the file is empty; write {} for the defaults", seedOf},
		"only a comment":                  {"# nothing\n", "line 1: the file is empty", seedOf},
		"an empty document":               {"---\n", "line 1: the file is empty", seedOf},
		"a list":                          {"- a\n", "line 1: the file must be a mapping", seedOf},
		"text":                            {"\nagents", "line 2: the file must be a mapping", seedOf},
		"an unknown member":               {"agents: []\nwokspaces: []\n", `line 2: "wokspaces" is unknown; the members are workspaces, keys, agents, forSale, numbers, webhook`, seedOf},
		"the wrong letter case":           {"Agents: []\n", `line 1: "Agents" is unknown`, seedOf},
		"an unknown member further down":  {"numbers:\n  - number: a\n    agent: b\n", `line 3: "agent" is unknown; the members are id, number, agentId, workspace, sip`, seedOf},
		"a member of no struct":           {"faults:\n  - {headers: {a: b}, header: {}}\n", `line 2: "header" is unknown; the members are name, operation,`, faultsOf},
		"a name twice":                    {"agents: []\nforSale: []\nagents: []\n", `line 3: "agents" is already on line 1; remove one of them`, seedOf},
		"a name twice in a map":           {"faults:\n  - headers:\n      a: b\n      a: c\n", `line 4: "a" is already on line 3`, faultsOf},
		"null":                            {"agents: []\nnumbers:\n", `line 2: "numbers" has no value; write one, or remove it`, seedOf},
		"null in words":                   {"numbers:\n  - number: a\n    agentId: null\n", `line 3: "agentId" has no value`, seedOf},
		"null in a list":                  {"agents:\n  - a\n  -\n", "line 3: this element is empty", seedOf},
		"text for a list":                 {"agents: []\nnumbers: x\n", "line 2: /numbers must be a list", seedOf},
		"a list for text":                 {"agents:\n  - [a]\n", "line 2: /agents/0 must be text", seedOf},
		"a mapping for text":              {"agents:\n  - a: b\n", "line 2: /agents/0 must be text", seedOf},
		"text for a mapping":              {"webhook: x\n", "line 1: /webhook must be a mapping", seedOf},
		"text for a whole number":         {"faults:\n  - name: a\n    status: \"503\"\n", "line 3: /faults/0/status must be a whole number", faultsOf},
		"a fraction for a whole number":   {"faults:\n  - status: 503.5\n", "line 2: /faults/0/status must be a whole number", faultsOf},
		"a whole number that is too long": {"faults:\n  - status: 99999999999999999999\n", "line 2: /faults/0/status must be a whole number", faultsOf},
		"text for a number":               {"faults:\n  - probability: often\n", "line 2: /faults/0/probability must be a number", faultsOf},
		"text for a boolean":              {"faults:\n  - afterWork: \"true\"\n", "line 2: /faults/0/afterWork must be true or false", faultsOf},
		"a number for an enum":            {"faults:\n  - cut: 1\n", "line 2: /faults/0/cut must be text", faultsOf},
		"infinity":                        {"faults:\n  - probability: .inf\n", "line 2: this value does not work here", faultsOf},
		"binary":                          {"agents:\n  - !!binary YQ==\n", "line 2: this value does not work here; if it is text, put it in quotes", seedOf},
		"a tag of their own":              {"agents:\n  - !secret YQ==\n", "line 2: this value does not work here; if it is text, put it in quotes", seedOf},
		"a wrong tag":                     {"agents:\n  - !!int abc\n", "line 2: this value does not work here", seedOf},
		"a name that is no text":          {"agents: []\n[a]: b\n", "line 2: the name of a member must be text", seedOf},
		"an alias":                        {"workspaces: &a [a]\nagents: *a\n", "a.yaml: 2 mistakes:\n  line 1: " + noAliases, seedOf},
		"an alias of nothing":             {"agents:\n  - a\n  - *b\n  - c\n", "line 3: " + noAliases, seedOf},
		"an alias of itself":              {"agents: &a [*a]\n", "line 1: " + noAliases, seedOf},
		"an anchor":                       {"agents:\n  - &a b\n", "line 2: " + noAliases, seedOf},
		"a second document":               {"agents: []\n---\nagents: []\n", "line 2: a second YAML document starts here", seedOf},
		"a broken second document":        {"agents: []\n---\na: b\nagents: [\n", "line 4: did not find expected node content", seedOf},
		"a wrong indentation":             {"agents: []\nnumbers:\n  - number: a\n  - number: b\n   agentId: c\n  - number: d\n  - number: e\n", "line 5: did not find expected '-' indicator", seedOf},
		"a tab":                           {"numbers:\n  - number: a\n\tagentId: b\nagents: []\n", "line 3: found a tab character", seedOf},
		"a list that is not closed":       {"agents: []\nforSale: [\"+14155550100\"\nnumbers: []\n", "line 2: did not find expected ',' or ']'", seedOf},
		"a quote that is not closed":      {"agents: []\nworkspaces: [\"a]\n" + strings.Repeat("# more\n", 100), "line 2: found unexpected end of stream", seedOf},
		"a character that starts nothing": {"agents: [@a]\n", "line 1: found character that cannot start any token", seedOf},
		"a control character":             {"agents:\n  - a\n  - \x01\n  - b\n", "line 3: control characters are not allowed", seedOf},
		"another encoding":                {"agents:\n  - a\n  - \xe4\n  - b\n", "line 3: the file must be UTF-8", seedOf},
		"deep lists":                      {"agents: " + strings.Repeat("[", 20_000), "line 1: exceeded max depth", seedOf},
		"deep lists of both kinds":        {"agents:\n - " + strings.Repeat("- ", 6000) + strings.Repeat("[", 6000) + strings.Repeat("]", 6000) + "\n", "line 1: lists and mappings are nested too deeply", seedOf},
		"a long line":                     {"agents: [" + strings.Repeat("a, ", 1000) + "@]\nforSale: []\n", "line 1: found character that cannot start any token", seedOf},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := test.read(test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got the error %v; want %q in it", err, test.want)
			}
			if !reflect.ValueOf(got).IsZero() {
				t.Errorf("read %+v; want nothing", got)
			}
		})
	}
}

func TestTheMistakesOfTheCheckAreSortedByLine(t *testing.T) {
	t.Parallel()
	const text = `
numbers:
  - number: a
    sip:
      username: b
      password: c
  - {number: d}
agents:
  - e
`
	for pointer, line := range map[string]int{
		"": 2, "/numbers": 2, "/numbers/0": 3, "/numbers/0/number": 3, "/numbers/0/sip": 4, "/numbers/0/sip/password": 6, "/numbers/0/id": 3,
		"/numbers/0/sip/terminationUri": 4, "/numbers/1": 7, "/numbers/1/sip/username": 7, "/numbers/2": 2, "/numbers/x": 2, "/agents/0": 9, "/agents/0/x": 9, "/webhook": 2,
	} {
		_, err := read[control.Seed](text, api.ProblemField{Pointer: pointer, Detail: "is wrong"})
		if want := fmt.Sprintf("a.yaml: line %d: %s is wrong", line, pointer); err == nil || err.Error() != want {
			t.Errorf("%q: got the error %v; want %s", pointer, err, want)
		}
	}
	_, err := read[control.Seed](text, api.ProblemField{Pointer: "/agents/0", Detail: "x"}, api.ProblemField{Pointer: "/numbers/1", Detail: "y\n"},
		api.ProblemField{Pointer: "/numbers/0", Detail: "z"})
	want := "a.yaml: 3 mistakes:\n  line 3: /numbers/0 z\n  line 7: /numbers/1 y\ufffd\n  line 9: /agents/0 x"
	if err == nil || err.Error() != want {
		t.Errorf("got the error %v; want %s", err, want)
	}
}

func TestOnly20MistakesAreListed(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]string{20: "line 21: /agents/19 x", 21: "and 1 more"} {
		text, fields := "agents:\n", []api.ProblemField(nil)
		for i := range count {
			text += "- a\n"
			fields = append(fields, api.ProblemField{Pointer: fmt.Sprint("/agents/", i), Detail: "x"})
		}
		_, err := read[control.Seed](text, fields...)
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%d mistakes: got the error %v; want %q at its end", count, err, want)
		}
	}
}

func TestAllMistakesThatTheDecoderWouldNotSeeAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := read[control.Seed]("agents: []\nagents: []\nnumbers:\nwebhook: ~\n")
	want := "a.yaml: 3 mistakes:\n  line 2: \"agents\" is already on line 1; remove one of them\n" +
		"  line 3: \"numbers\" has no value; write one, or remove it\n  line 4: \"webhook\" has no value; write one, or remove it"
	if err == nil || err.Error() != want {
		t.Errorf("got the error %v; want %s", err, want)
	}
}

// A password in the wrong place is part of the YAML, or the name of a member.
func TestNoErrorContainsASecret(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	for _, sip := range []string{
		"password: *hunter2", "password: &hunter2", "password: !hunter2 x", "password: !hunter2", "password: !!int hunter2", "password: [hunter2]", "password: {hunter2: x}",
		"password:hunter2", "{password:hunter2}", "{hunter2}", "{hunter2: }", "{hunter2: 1, hunter2: 2}", "? hunter2", "password: 'hunter2", "password: \"hunter2\\q\"",
		"password: @hunter2", "password: %hunter2", "password: hunter2: x", "password: a\n      hunter2: x", "- hunter2", "[hunter2]: x", "*hunter2 : x", "!a!hunter2 x",
	} {
		for _, start := range []string{"numbers:\n  - number: a\n    sip:\n      ", "numbers:\n  - number: a\n    sip: "} {
			_, err := read[control.Seed](start + sip + "\n")
			if err == nil {
				t.Errorf("%s: got no error, want one", sip)
				continue
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error is %v; want no %s in it", sip, err, secret)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{"", "agents: [a, +1, ~]", "numbers:\n  - {number: a, sip: {username: b}}\n", "a: &a [*a]", "--- a\n--- b", "\xff", "a:\n\tb", "webhook: !!x y"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, read := range map[string]func(string) (any, error){"seed": seedOf, "faults": faultsOf} {
			if _, err := read(text); err != nil && !strings.Contains(err.Error(), "line ") {
				t.Errorf("%s: got the error %v; want one with a line", name, err)
			}
		}
	})
}
