package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
)

// naming is how each command for one number explains its argument.
const naming = `NUMBER is a number in E.164 form such as +14155550100, the prefix of a SIP address, or an id.`

func listCommand() *cobra.Command {
	var agent, number, kind string
	var unlinked bool
	command := &cobra.Command{
		Use:   "list",
		Short: "List the numbers",
		Long: `List the numbers, oldest first: id, number, type, agent. All of them, page by page as they come; with --json an object a
line. Several filters must all be met.`,
		Example: `  phonenumbers list
  phonenumbers list --agent agent_1
  phonenumbers list --unlinked --type PSTN --json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := command.Flags()
	flags.Var(checked{&agent, "ID", notEmptyAgent}, "agent", "only numbers linked to this agent")
	flags.BoolVar(&unlinked, "unlinked", false, "only numbers linked to no agent")
	flags.Var(checked{&number, "NUMBER", notEmpty}, "number", "only this number, or this SIP prefix in any letter case")
	flags.Var(checked{&kind, "TYPE", numberType}, "type", "only numbers of this type: PSTN or SIP_USERNAME")
	completeFlag(command, "agent", completeAgents)
	completeFlag(command, "number", completeNumbers)
	completeFlag(command, "type", cobra.FixedCompletions([]cobra.Completion{string(api.PSTN), string(api.SIPUsername)}, cobra.ShellCompDirectiveNoFileComp))
	return apiCommand(command, func(ctx context.Context, s *session, _ []string) error {
		var params api.ListPhoneNumbersParams
		switch {
		case unlinked && agent != "":
			return usageError{errors.New("--agent and --unlinked exclude each other")}
		case unlinked || agent != "":
			params.AgentID = &agent
		}
		if number != "" {
			params.Number = &number
		}
		if kind != "" {
			params.Type = new(api.PhoneNumberType(kind))
		}
		return s.list(ctx, params)
	})
}

func (s *session) list(ctx context.Context, params api.ListPhoneNumbersParams) error {
	rows, count := s.numbers(), 0
	for n, err := range s.api.All(ctx, params) {
		if err != nil && count > 0 {
			err = errors.Join(rows.end(), err)
		}
		if err != nil {
			return err
		}
		count++
		if s.json {
			err = writeJSON(s.out, n)
		} else {
			err = rows.number(n)
		}
		if err != nil {
			return err
		}
	}
	if s.json {
		return nil
	}
	if count == 0 && isTerminal(s.out) {
		s.note("no numbers")
		return nil
	}
	return rows.end()
}

func notEmptyAgent(value string) error {
	if value == "" {
		return errors.New("it is empty; --unlinked lists the numbers without an agent")
	}
	return nil
}

func numberType(value string) error {
	if !api.PhoneNumberType(value).Valid() {
		return errors.New("it must be PSTN or SIP_USERNAME")
	}
	return nil
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
