package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
)

// naming is how each command for one number explains its argument.
const naming = `NUMBER is a number in E.164 form such as +14155550100, the prefix of a SIP address, or an id.`

// numberCommands are the commands for numbers that are there already.
func numberCommands() []*cobra.Command {
	return []*cobra.Command{listCommand(), getCommand(), linkCommand(), unlinkCommand(), deleteCommand()}
}

// show prints a number.
func (s *session) show(n api.PhoneNumber) error {
	if s.json {
		return s.document(n)
	}
	t := s.numbers(numberColumns)
	return errors.Join(t.number(n), t.end())
}

// numberColumn is a column of a table of numbers, with the name that --columns knows it by.
type numberColumn struct {
	name string
	cell func(api.PhoneNumber) string
}

var numberColumns = []numberColumn{
	{"id", func(n api.PhoneNumber) string { return n.ID }},
	{"number", func(n api.PhoneNumber) string { return n.Number }},
	{"type", func(n api.PhoneNumber) string { return string(n.Type) }},
	{"agent", agentOf},
}

// numbersTable is a table of numbers.
type numbersTable struct {
	*table
	columns []numberColumn
}

func (s *session) numbers(columns []numberColumn) numbersTable {
	header := make([]string, len(columns))
	for i, column := range columns {
		header[i] = strings.ToUpper(column.name)
	}
	return numbersTable{s.table(header...), columns}
}

func (t numbersTable) number(n api.PhoneNumber) error {
	cells := make([]string, len(t.columns))
	for i, column := range t.columns {
		cells[i] = column.cell(n)
	}
	return t.row(cells...)
}

func getCommand() *cobra.Command {
	command := numberArgument(&cobra.Command{
		Use:   "get NUMBER",
		Short: "Show a number",
		Long:  "Show a number: id, number, type, agent.\n\n" + naming,
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
	var agree consent
	command := &cobra.Command{
		Use:     "link NUMBER AGENT",
		Short:   "Link a number to an agent",
		Long:    "Link a number to an agent, in the place of any other, and show the number as it then is.\n\n" + naming,
		Example: `  phonenumbers link +14155550100 agent_1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError{errors.New("give a number and an agent")}
			}
			if args[1] == "" {
				return usageError{errors.New("the agent is empty; the command unlink takes a number away from its agent")}
			}
			return nil
		},
		ValidArgsFunction: completeNumberThenAgent,
	}
	agree.dryRunFlag(command)
	return apiCommand(command, func(ctx context.Context, s *session, args []string) error {
		n, err := s.find(ctx, args[0])
		if err != nil {
			return err
		}
		if agree.dryRun {
			if agentOf(n) == args[1] {
				return s.would("change nothing: " + n.Number + " is linked to " + args[1])
			}
			return s.would(newChange(n, args[1]).String())
		}
		if n, err = s.api.Link(ctx, n.ID, args[1]); err != nil {
			return err
		}
		return s.showDone(n, "is linked to "+args[1])
	})
}

func unlinkCommand() *cobra.Command {
	var agree consent
	command := numberArgument(&cobra.Command{
		Use:   "unlink NUMBER",
		Short: "Take a number away from its agent",
		Long:  "Take a number away from its agent, after asking, and show the number as it then is.\n\n" + naming,
		Example: `  phonenumbers unlink +14155550100
  phonenumbers unlink +14155550100 --yes`,
	})
	agree.flags(command)
	return apiCommand(command, func(ctx context.Context, s *session, args []string) error {
		n, err := s.find(ctx, args[0])
		if err != nil {
			return err
		}
		if agentOf(n) == "" {
			if agree.dryRun {
				return s.would("change nothing: " + n.Number + " is linked to no agent")
			}
			return s.show(n)
		}
		if ok, err := agree.given(ctx, s, newChange(n, "").String()+" at "+s.baseURL); !ok {
			return err
		}
		if n, err = s.api.Unlink(ctx, n.ID); err != nil {
			return err
		}
		return s.showDone(n, "is unlinked")
	})
}

func deleteCommand() *cobra.Command {
	var agree consent
	command := numberArgument(&cobra.Command{
		Use:   "delete NUMBER",
		Short: "Give a number up",
		Long: `Give a number up, with its link and its SIP credentials, after asking, and show it as it last was. It cannot be undone:
somebody else may buy the number.

` + naming,
		Example: `  phonenumbers delete +14155550100
  phonenumbers delete support-line --yes`,
	})
	agree.flags(command)
	return apiCommand(command, func(ctx context.Context, s *session, args []string) error {
		n, err := s.find(ctx, args[0])
		if err != nil {
			return err
		}
		linked := "linked to no agent"
		if agent := agentOf(n); agent != "" {
			linked = "linked to " + agent
		}
		if ok, err := agree.given(ctx, s, fmt.Sprintf("delete %s (%s), %s, for good at %s", n.Number, n.ID, linked, s.baseURL)); !ok {
			return err
		}
		if err := s.api.Delete(ctx, n.ID); err != nil {
			return err
		}
		return s.showDone(n, "is deleted")
	})
}
