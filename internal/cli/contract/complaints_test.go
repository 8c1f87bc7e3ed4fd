package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// This tests the comparison alone: a small spec, two commands, and the complaints after one change.
func TestAChangeThatNoCommandCarriesOutIsNamed(t *testing.T) {
	t.Parallel()
	const spec = `
openapi: 3.0.3
info: {title: t, version: "1"}
components: {}
paths:
  /calls:
    get:
      operationId: listCalls
      parameters: [{name: type, in: query, schema: {type: string}}]
      responses: {"200": {description: d}}
    post:
      operationId: makeCall
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                to: {type: object, properties: {number: {type: string}}}
                from: {type: string}
      responses: {"200": {description: d}}
`
	for name, c := range map[string]struct {
		change func(c *comparison)
		want   []string
	}{
		"nothing": {func(*comparison) {}, nil},
		"an operation is deprecated": {
			func(c *comparison) { c.operation("makeCall").Deprecated = true },
			[]string{`call: it calls makeCall, which openapi.yaml deprecates; let its -h say "Deprecated"`},
		},
		"an operation is deprecated, and -h says so": {
			func(c *comparison) {
				c.operation("makeCall").Deprecated = true
				c.commands[1].text = "Deprecated: use list."
			},
			nil,
		},
		"a parameter is deprecated": {
			func(c *comparison) {
				c.operation("listCalls").Parameter("query", "type").Deprecated = true
			},
			[]string{"list --type: it sets listCalls: query type, which openapi.yaml deprecates; " +
				`let its usage say "Deprecated"`},
		},
		"a parameter is deprecated, and its flag says so": {
			func(c *comparison) {
				c.operation("listCalls").Parameter("query", "type").Deprecated = true
				c.commands[0].usages["type"] = "only these. Deprecated: filter yourself"
			},
			nil,
		},
		"a member is deprecated that a flag sets": {
			func(c *comparison) {
				c.operation("makeCall").Body.Properties["from"].Value.Deprecated = true
			},
			[]string{"call --from: it sets makeCall: body /from, which openapi.yaml deprecates; " +
				`let its usage say "Deprecated"`},
		},
		"members are deprecated that an argument sets": {
			func(c *comparison) {
				to := c.operation("makeCall").Body.Properties["to"].Value
				to.Deprecated, to.Properties["number"].Value.Deprecated = true, true
			},
			[]string{
				`call: it sends makeCall: body /to, which openapi.yaml deprecates; let its -h say "Deprecated"`,
				`call: it sends makeCall: body /to/number, which openapi.yaml deprecates; let its -h say "Deprecated"`,
			},
		},
		"a command says it for nothing": {
			func(c *comparison) { c.commands[0].text = "Deprecated." },
			[]string{`list: its -h says "Deprecated", but openapi.yaml deprecates nothing that it calls or sends`},
		},
		"a flag says it for nothing": {
			func(c *comparison) { c.commands[1].usages["from"] = "Deprecated" },
			[]string{`call --from: its usage says "Deprecated", but openapi.yaml deprecates nothing that it sets`},
		},
		"a member is new": {
			func(c *comparison) {
				c.operation("makeCall").Body.WithProperty("label", openapi3.NewStringSchema())
			},
			[]string{`makeCall: body /label: no command line sends it; give it a command or a flag and a line in commandLines, or the reason in notSent`},
		},
		"an operation is new": {
			func(c *comparison) {
				end := spectest.Operation{Operation: &openapi3.Operation{OperationID: "endCall"}}
				c.spec.Operations = append(c.spec.Operations, &end)
			},
			[]string{`endCall: no command line calls it; give it a command and a line in commandLines, or the reason in notSent`},
		},
		"a command is new": {
			func(c *comparison) {
				c.commands = append(c.commands, command{name: "end", usages: map[string]string{"all": ""}})
			},
			[]string{
				"end --all: it has no command line in commandLines; give it one, or the reason in reachNothing",
				"end: it has no command line in commandLines; give it one",
			},
		},
		"a flag is new": {
			func(c *comparison) { c.commands[0].usages["label"] = "" },
			[]string{"list --label: it has no command line in commandLines; " +
				"give it one, or the reason in reachNothing"},
		},
		"a flag is not sent": {
			func(c *comparison) { c.runs[0].flags["type"] = "other" },
			[]string{"list --type: \"list --type in\" sends its value in no parameter or member; " +
				"name what it sets in reaches, or the reason in reachNothing"},
		},
		"a flag is said to set what is not sent": {
			func(c *comparison) { c.runs[0].reaches = reaches{"type": "listCalls: query kind"} },
			[]string{`list --type: "list --type in" does not send listCalls: query kind, as reaches says`},
		},
		"a reason stands for nothing": {
			func(c *comparison) {
				c.notSent = map[string]string{"listCalls: query type": "r", "gone": "r", "makeCall": "r"}
				c.reachNothing["call --quiet"] = "r"
			},
			[]string{
				"notSent has gone, which openapi.yaml does not have; remove it",
				"notSent has listCalls: query type, which a command line sends; remove it",
				"notSent has makeCall, which a command line sends; remove it",
				"reachNothing has call --quiet, which no command has; remove it",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compared := comparison{
				spec: spectest.Parse(t, []byte(spec)),
				commands: []command{
					{"list", "List the calls.", map[string]string{"type": "only these", "json": "print JSON"}},
					{"call", "Make a call.", map[string]string{"from": "where it comes from"}},
				},
				runs: []commandRun{
					{
						args: "list --type in", command: "list", flags: map[string]string{"type": "in"},
						sent: sent{"listCalls": nil, "listCalls: query type": {"in"}},
					},
					{
						args: "call +14155550100 --from office", command: "call", flags: map[string]string{"from": "office"},
						sent: sent{
							"makeCall": nil, "makeCall: body /to": nil, "makeCall: body /to/number": {"+14155550100"},
							"makeCall: body /from": {"office"},
						},
					},
				},
				reachNothing: map[string]string{"--json": "r"},
			}
			c.change(&compared)
			if got := compared.complaints(); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// operation returns the operation of the spec with this id.
func (c *comparison) operation(id string) *spectest.Operation {
	i := slices.IndexFunc(c.spec.Operations, func(op *spectest.Operation) bool { return op.OperationID == id })
	return c.spec.Operations[i]
}
