package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
)

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
