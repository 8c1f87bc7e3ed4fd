package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// command is a command that calls the API, with what its -h says.
type command struct {
	name   string
	text   string            // before the flags
	usages map[string]string // by the name of the flag
}

// comparison compares the commands with a spec.
type comparison struct {
	spec         *spectest.Spec
	commands     []command
	runs         []commandRun
	reachNothing map[string]string
	notSent      map[string]string
}

// complaints returns what is wrong and how to fix it, sorted.
func (c comparison) complaints() (all []string) {
	all = slices.Concat(c.unreachable(), c.untried(), c.unsaid(), c.unsent(), c.stale())
	slices.Sort(all)
	return all
}

// unreachable reports flags of the command lines that seem to set nothing.
func (c comparison) unreachable() (complaints []string) {
	for _, r := range c.runs {
		for flag := range r.flags {
			at := r.command + " --" + flag
			switch named := r.reaches[flag]; {
			case named != "" && !r.sent.has(named):
				complaints = append(complaints,
					fmt.Sprintf("%s: %q does not send %s, as reaches says", at, r.args, named))
			case len(r.setBy(flag)) == 0 && !c.reachesNothing(r.command, flag):
				complaints = append(complaints, fmt.Sprintf("%s: %q sends its value in no parameter or member; "+
					"name what it sets in reaches, or the reason in reachNothing", at, r.args))
			}
		}
	}
	return complaints
}

// untried reports commands and flags that no command line uses.
func (c comparison) untried() (complaints []string) {
	for _, command := range c.commands {
		runs := c.runsOf(command.name)
		if len(runs) == 0 {
			complaints = append(complaints, command.name+": it has no command line in commandLines; give it one")
		}
		for flag := range command.usages {
			tried := slices.ContainsFunc(runs, func(r commandRun) bool {
				_, set := r.flags[flag]
				return set
			})
			if !tried && !c.reachesNothing(command.name, flag) {
				complaints = append(complaints, fmt.Sprintf("%s --%s: it has no command line in commandLines; "+
					"give it one, or the reason in reachNothing", command.name, flag))
			}
		}
	}
	return complaints
}

// unsaid reports deprecations that the help does not mention, and those that it mentions without a
// reason.
func (c comparison) unsaid() (complaints []string) {
	complain := func(format string, args ...any) {
		complaints = append(complaints, fmt.Sprintf(format, args...))
	}
	for _, command := range c.commands {
		deprecated := c.deprecatedIn(command.name)
		for _, what := range deprecated[""] {
			if !saysDeprecated(command.text) {
				complain(`%s: it %s, which openapi.yaml deprecates; let its -h say "Deprecated"`,
					command.name, what)
			}
		}
		if saysDeprecated(command.text) && len(deprecated) == 0 {
			complain(`%s: its -h says "Deprecated", but openapi.yaml deprecates nothing that it calls or sends`,
				command.name)
		}
		for flag, usage := range command.usages {
			at := command.name + " --" + flag
			for _, what := range deprecated[flag] {
				if !saysDeprecated(usage) {
					complain(`%s: it %s, which openapi.yaml deprecates; let its usage say "Deprecated"`, at, what)
				}
			}
			if saysDeprecated(usage) && len(deprecated[flag]) == 0 {
				complain(`%s: its usage says "Deprecated", but openapi.yaml deprecates nothing that it sets`, at)
			}
		}
	}
	return complaints
}

// deprecatedIn returns what a command calls and sends that the spec deprecates, by the flag that
// sets it. What no flag sets is under "".
func (c comparison) deprecatedIn(command string) map[string][]string {
	all, flags := sent{}, map[string][]string{} // flags has the flags that set a part, by its name
	for _, r := range c.runsOf(command) {
		maps.Copy(all, r.sent)
		for flag := range r.flags {
			for _, name := range r.setBy(flag) {
				flags[name] = append(flags[name], flag)
			}
		}
	}
	deprecated := map[string][]string{}
	for _, op := range c.spec.Operations {
		if op.Deprecated && all.has(op.OperationID) {
			deprecated[""] = append(deprecated[""], "calls "+op.OperationID)
		}
		for _, p := range partsOf(op) {
			if !p.deprecated || !all.has(p.name) {
				continue
			}
			for _, flag := range slices.Compact(slices.Sorted(slices.Values(flags[p.name]))) {
				deprecated[flag] = append(deprecated[flag], "sets "+p.name)
			}
			if len(flags[p.name]) == 0 {
				deprecated[""] = append(deprecated[""], "sends "+p.name)
			}
		}
	}
	return deprecated
}

func saysDeprecated(help string) bool { return strings.Contains(strings.ToLower(help), "deprecated") }

// unsent reports operations, parameters and members that no command line sends.
func (c comparison) unsent() (complaints []string) {
	all := c.sent()
	for _, op := range c.spec.Operations {
		switch {
		case c.notSent[op.OperationID] != "":
			continue
		case !all.has(op.OperationID):
			complaints = append(complaints,
				op.OperationID+": no command line calls it; give it a command and a line in commandLines, or the reason in notSent")
			continue
		}
		for _, part := range partsOf(op) {
			if !all.has(part.name) && c.notSent[part.name] == "" {
				complaints = append(complaints,
					part.name+": no command line sends it; give it a command or a flag and a line in commandLines, or the reason in notSent")
			}
		}
	}
	return complaints
}

// stale reports exceptions that no longer apply.
func (c comparison) stale() (complaints []string) {
	all, documented := c.sent(), map[string]bool{}
	for _, op := range c.spec.Operations {
		documented[op.OperationID] = true
		for _, part := range partsOf(op) {
			documented[part.name] = true
		}
	}
	for name := range c.notSent {
		switch {
		case !documented[name]:
			complaints = append(complaints, "notSent has "+name+", which openapi.yaml does not have; remove it")
		case all.has(name):
			complaints = append(complaints, "notSent has "+name+", which a command line sends; remove it")
		}
	}
	for name := range c.reachNothing {
		of, flag, _ := strings.Cut(name, "--")
		if !slices.ContainsFunc(c.commands, func(command command) bool {
			_, has := command.usages[flag]
			return has && (of == "" || of == command.name+" ")
		}) {
			complaints = append(complaints, "reachNothing has "+name+", which no command has; remove it")
		}
	}
	return complaints
}

func (c comparison) reachesNothing(command, flag string) bool {
	return c.reachNothing["--"+flag] != "" || c.reachNothing[command+" --"+flag] != ""
}

func (c comparison) runsOf(command string) []commandRun {
	return slices.DeleteFunc(slices.Clone(c.runs), func(r commandRun) bool { return r.command != command })
}

// sent is what all command lines send.
func (c comparison) sent() sent {
	all := sent{}
	for _, r := range c.runs {
		maps.Copy(all, r.sent)
	}
	return all
}

// part is a parameter of an operation or a member of its body, such as
// "updatePhoneNumber: body /agentId".
type part struct {
	name       string
	deprecated bool
}

func partsOf(op *spectest.Operation) (parts []part) {
	for _, p := range op.Parameters {
		deprecated := p.Deprecated || p.Schema != nil && p.Schema.Value.Deprecated
		parts = append(parts, part{partName(op, p.In, p.Name), deprecated})
	}
	if op.Body != nil {
		parts = append(parts, membersOf(partName(op, "body", ""), op.Body)...)
	}
	return parts
}

func partName(op *spectest.Operation, in, name string) string {
	return fmt.Sprintf("%s: %s %s", op.OperationID, in, name)
}

// membersOf returns the members of a value at a place.
func membersOf(at string, schema *openapi3.Schema) (members []part) {
	for name, property := range schema.Properties {
		members = append(members, part{at + "/" + name, property.Value.Deprecated})
		members = append(members, membersOf(at+"/"+name, property.Value)...)
	}
	for _, inner := range slices.Concat(schema.AllOf, schema.OneOf, schema.AnyOf) {
		members = append(members, membersOf(at, inner.Value)...)
	}
	if schema.Items != nil {
		members = append(members, membersOf(at+"/*", schema.Items.Value)...)
	}
	return members
}
