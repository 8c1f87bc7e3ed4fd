package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// change is one that a number needs to be as the file says. An empty agent is none.
type change struct{ id, number, from, to string }

func newChange(n api.PhoneNumber, agent string) change {
	return change{n.ID, n.Number, agentOf(n), agent}
}

// The actions that a change can be.
const (
	actionLink   = "link"
	actionUnlink = "unlink"
	actionMove   = "move"
)

func (c change) action() string {
	switch "" {
	case c.to:
		return actionUnlink
	case c.from:
		return actionLink
	}
	return actionMove
}

func (c change) String() string {
	switch c.action() {
	case actionUnlink:
		return fmt.Sprintf("unlink %s from %s", c.number, c.from)
	case actionLink:
		return fmt.Sprintf("link %s to %s", c.number, c.to)
	}
	return fmt.Sprintf("move %s from %s to %s", c.number, c.from, c.to)
}

// changeJSON is a change as --json prints it. An agent is null for none, as in the API.
type changeJSON struct {
	Action string       `json:"action"`
	Number string       `json:"number"`
	ID     string       `json:"id"`
	From   *string      `json:"from"`
	To     *string      `json:"to"`
	Error  *failureJSON `json:"error,omitempty"` // of apply
}

func (c change) json() changeJSON {
	agent := func(id string) *string {
		if id == "" {
			return nil
		}
		return &id
	}
	return changeJSON{Action: c.action(), Number: c.number, ID: c.id, From: agent(c.from), To: agent(c.to)}
}

func (c change) row() []string { return []string{c.action(), c.number, c.from, c.to} }

func (t *console) changes() *table { return t.table("CHANGE", numberHeader, "FROM", "TO") }

// plan is what there is to do, in the order of the numbers.
type plan struct {
	changes   []change
	unchanged int // numbers that are as the file says
	notInFile int // numbers that are left alone
	pacer     *pacer
}

// owned are the numbers that there are, by number. One that is listed under two ids is an error, as its name means neither.
func (s *session) owned(ctx context.Context, opts ...client.CallOption) (map[string]api.PhoneNumber, error) {
	numbers := map[string]api.PhoneNumber{}
	for n, err := range s.api.All(ctx, api.ListPhoneNumbersParams{}, opts...) {
		if err != nil {
			return nil, err
		}
		if other, twice := numbers[n.Number]; twice && other.ID != n.ID {
			return nil, fmt.Errorf("the server lists %s twice, with the ids %s and %s; delete one of them", n.Number, other.ID, n.ID)
		}
		numbers[n.Number] = n
	}
	return numbers, nil
}

// plan compares a file with the numbers that there are. A number that is not owned is an error, and so are two names for one.
func (s *session) plan(ctx context.Context, want desiredFile, opts ...client.CallOption) (plan, error) {
	var answer client.Response
	owned, err := s.owned(ctx, append(opts, client.WithResponse(&answer))...)
	if err != nil {
		return plan{}, err
	}
	find := finder(owned)
	p := plan{pacer: newPacer(), notInFile: len(owned) - len(want.agents)}
	p.pacer.learn(answer.Header)
	wrong := mistakes{file: want.name, code: exitFailed}
	named := map[string]string{} // by id
	byLine := func(a, b string) int { return cmp.Or(cmp.Compare(want.lines[a], want.lines[b]), cmp.Compare(a, b)) }
	for _, number := range slices.SortedFunc(maps.Keys(want.agents), byLine) {
		n, found := find(number)
		if !found {
			wrong.code = exitNotFound
			wrong.add(want.lines[number], member("/numbers", number), "you do not have %s; buy it or remove it from the file", number)
			continue
		}
		if other, twice := named[n.ID]; twice {
			wrong.add(want.lines[number], member("/numbers", number), "%s is the same number as %s on line %d; remove one of them", number, other, want.lines[other])
			continue
		}
		named[n.ID] = number
		if agent := want.agents[number]; agentOf(n) == agent {
			p.unchanged++
		} else {
			p.changes = append(p.changes, newChange(n, agent))
		}
	}
	if err := wrong.orNil(); err != nil {
		return plan{}, err
	}
	slices.SortFunc(p.changes, func(a, b change) int { return cmp.Compare(a.number, b.number) })
	return p, nil
}

// finder finds a number by its name: as it is written, else the one SIP prefix that differs in the case of letters only.
func finder(owned map[string]api.PhoneNumber) func(name string) (api.PhoneNumber, bool) {
	folded := map[string][]api.PhoneNumber{}
	for number, n := range owned {
		small := strings.ToLower(number)
		folded[small] = append(folded[small], n)
	}
	return func(name string) (api.PhoneNumber, bool) {
		if n, found := owned[name]; found {
			return n, true
		}
		if alike := folded[strings.ToLower(name)]; len(alike) == 1 {
			return alike[0], true
		}
		return api.PhoneNumber{}, false
	}
}

// enumerate names the first few, sorted.
func enumerate(names []string) string {
	const most = 10
	slices.Sort(names)
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

func (s *session) showPlan(p plan) error {
	if s.json {
		document := struct {
			Changes   []changeJSON `json:"changes"`
			Unchanged int          `json:"unchanged"`
			NotInFile int          `json:"notInFile"`
		}{[]changeJSON{}, p.unchanged, p.notInFile}
		for _, c := range p.changes {
			document.Changes = append(document.Changes, c.json())
		}
		return s.document(document)
	}
	if len(p.changes) > 0 {
		t := s.changes()
		for _, c := range p.changes {
			if err := t.row(c.row()...); err != nil {
				return err
			}
		}
		if err := t.end(); err != nil {
			return err
		}
	}
	s.note("to change: %d, unchanged: %d, not in the file: %d", len(p.changes), p.unchanged, p.notInFile)
	return nil
}

func fileFlag(command *cobra.Command, file *string) {
	command.Flags().VarP(checked{file, "FILE", notEmpty}, "file", "f", "the `FILE` with the numbers and their agents, - for stdin (required)")
}

func needFile(file *string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if *file == "" {
			return usageError{errors.New("name the file with --file or -f")}
		}
		return noArgs(c, args)
	}
}

// exitCodeFlag is the name of a flag of plan.
const exitCodeFlag = "exit-code"

func planCommand() *cobra.Command {
	var file string
	var tell bool
	command := &cobra.Command{
		Use:   "plan -f FILE",
		Short: "Show what apply would change",
		Long: `Show what "apply" would change to make the numbers match a file, and change nothing. Numbers that
are not in the file are ignored. A number that you do not have is an error.

The exit code is 0 whether or not there are changes. With --exit-code, it is 2 if there are changes
and 0 if there are none. Wrong usage is then 1, so that 2 always means changes.

` + fileHelp,
		Example: `  phonenumbers plan -f numbers.yaml
  phonenumbers plan -f numbers.yaml --json | jq .changes
  phonenumbers plan -f numbers.yaml --exit-code || echo "it differs, or it failed"`,
		Args:              needFile(&file),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fileFlag(command, &file)
	command.Flags().BoolVar(&tell, exitCodeFlag, false, "exit with 2 if there are changes, and with 1 for wrong usage")
	return apiCommand(command, func(ctx context.Context, s *session, _ []string) error {
		want, err := s.readDesired(ctx, file)
		if err != nil {
			return err
		}
		p, err := s.plan(ctx, want)
		if err != nil {
			return err
		}
		if err := s.showPlan(p); err != nil || !tell || len(p.changes) == 0 {
			return err
		}
		return errChanges
	})
}
