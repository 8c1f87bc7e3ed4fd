// Package numbers holds the commands for numbers at the API.
package numbers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/cli/changes"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
)

// naming explains the argument NUMBER in the help.
const naming = `NUMBER is a phone number in E.164 form such as +14155550100, the prefix of a SIP address, or an id.`

// Commands returns the commands for numbers.
func Commands() []*cobra.Command {
	return []*cobra.Command{
		listCommand(), getCommand(), linkCommand(), unlinkCommand(), deleteCommand(),
		searchCommand(), buyCommand(), importSIPCommand(), createSIPCommand(),
	}
}

// session is a run of a command for numbers.
type session struct{ *account.Session }

// apiCommand turns command into one that calls the API, and adds the flags for that.
func apiCommand(command *cobra.Command, run func(ctx context.Context, s *session, args []string) error) *cobra.Command {
	return account.Command(command, func(ctx context.Context, s *account.Session, args []string) error {
		return run(ctx, &session{s}, args)
	})
}

// show prints a number.
func (s *session) show(n api.PhoneNumber) error {
	if s.JSON {
		return s.Document(n)
	}
	t := s.numbers(numberColumns)
	return errors.Join(t.number(n), t.End())
}

// numberColumn is a column of a table of numbers. name is its name in --columns.
type numberColumn struct {
	name string
	cell func(api.PhoneNumber) string
}

var numberColumns = []numberColumn{
	{"id", func(n api.PhoneNumber) string { return n.ID }},
	{"number", func(n api.PhoneNumber) string { return n.Number }},
	{"type", func(n api.PhoneNumber) string { return string(n.Type) }},
	{"agent", desired.AgentOf},
}

// numbersTable is a table of numbers.
type numbersTable struct {
	*console.Table
	columns []numberColumn
}

func (s *session) numbers(columns []numberColumn) numbersTable {
	header := make([]string, len(columns))
	for i, column := range columns {
		header[i] = strings.ToUpper(column.name)
	}
	return numbersTable{s.Table(header...), columns}
}

func (t numbersTable) number(n api.PhoneNumber) error {
	cells := make([]string, len(t.columns))
	for i, column := range t.columns {
		cells[i] = column.cell(n)
	}
	return t.Row(cells...)
}

func getCommand() *cobra.Command {
	command := numberArgument(&cobra.Command{
		Use:   "get NUMBER",
		Short: "Show a number",
		Long:  "Show a number with its id, type and agent.\n\n" + naming,
		Example: `  phonenumbers get +14155550100
  phonenumbers get support-line --json`,
	})
	return apiCommand(command, func(ctx context.Context, s *session, args []string) error {
		n, err := s.find(ctx, args[0])
		if err != nil {
			return err
		}
		return s.show(n)
	})
}

func linkCommand() *cobra.Command {
	var agree changes.Consent
	command := &cobra.Command{
		Use:   "link NUMBER... AGENT",
		Short: "Link numbers to an agent",
		Long: `Link numbers to an agent, and show the updated numbers. A number that is linked to another agent
moves to this one. The last argument is the agent.

` + severalHelp + `

After an interruption or a failure, run the command again to do the rest.`,
		Example: `  phonenumbers link +14155550100 agent_1
  phonenumbers link +14155550100 +14155550101 support-line agent_1
  phonenumbers list --unlinked --columns number | phonenumbers link - agent_1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return console.Usage(errors.New("give numbers and an agent"))
			}
			names, agent := args[:len(args)-1], args[len(args)-1]
			switch {
			case agent == "-":
				return console.Usage(errors.New("- reads numbers from stdin, but the last argument must be the agent"))
			case agent == "":
				return console.Usage(errors.New("the agent is empty; use the unlink command to unlink a number"))
			case several(names) && strings.HasPrefix(agent, "+"):
				return console.Usage(fmt.Errorf("the last argument is the agent, and %s is a number", agent))
			}
			return checkNames(names)
		},
		ValidArgsFunction: completeNumbersThenAgent,
	}
	agree.DryRunFlag(command)
	return apiCommand(command, func(ctx context.Context, s *session, args []string) error {
		last := len(args) - 1
		return s.edit(ctx, args[:last], s.linking(args[last]), agree)
	})
}

func unlinkCommand() *cobra.Command {
	var agree changes.Consent
	command := numbersArguments(&cobra.Command{
		Use:   "unlink NUMBER...",
		Short: "Unlink numbers from their agents",
		Long: `Unlink numbers from their agents, and show the updated numbers. The command asks for confirmation
first.

` + severalHelp + `

After an interruption or a failure, run the command again to do the rest.`,
		Example: `  phonenumbers unlink +14155550100
  phonenumbers unlink +14155550100 +14155550101 --yes
  phonenumbers list --agent agent_1 --columns number | phonenumbers unlink - --yes`,
	})
	agree.Flags(command)
	return apiCommand(command, func(ctx context.Context, s *session, args []string) error {
		return s.edit(ctx, args, s.unlinking(), agree)
	})
}

func deleteCommand() *cobra.Command {
	var agree changes.Consent
	command := numbersArguments(&cobra.Command{
		Use:   "delete NUMBER...",
		Short: "Release numbers",
		Long: `Release numbers, and delete their agent links and SIP credentials. The command asks for confirmation
first, and shows the numbers as they were before. This cannot be undone: someone else may buy the
numbers.

` + severalHelp + `

After an interruption or a failure, run the command again with the numbers that 'phonenumbers list'
still shows. The last example does this with a file.`,
		Example: `  phonenumbers delete +14155550100
  phonenumbers delete support-line +14155550100 --yes
  phonenumbers delete - --yes < numbers.txt
  phonenumbers list --columns number | grep -Fxif numbers.txt | phonenumbers delete - --yes`,
	})
	agree.Flags(command)
	return apiCommand(command, func(ctx context.Context, s *session, args []string) error {
		return s.edit(ctx, args, s.deleting(), agree)
	})
}
