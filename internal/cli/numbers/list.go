package numbers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/console"
)

func listCommand() *cobra.Command {
	var agent, number, kind string
	var unlinked bool
	var limit countFlag
	columns := columnsFlag(numberColumns)
	command := &cobra.Command{
		Use:   "list",
		Short: "List your numbers",
		Long: `List your numbers, oldest first, with their ids, types and agents. Each page is printed as it
arrives. With --json, each line is one object. If you give several filters, only numbers that match
all of them are listed.

With --columns, the output has only the columns that you name, in that order. You cannot combine
--columns with --json, which prints all members of each number. To select some of the members, use
jq.`,
		Example: `  phonenumbers list
  phonenumbers list --agent agent_1
  phonenumbers list --unlinked --type PSTN --json
  phonenumbers list --limit 10 --columns number,agent
  phonenumbers list --unlinked --columns number | phonenumbers link - agent_1`,
		Args: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed(columnsName) && arguments.ConsoleOf(c).JSON {
				return console.Usage(errors.New("you cannot combine --columns and --json; to select members of the JSON objects, use jq"))
			}
			return arguments.None(c, args)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := command.Flags()
	flags.Var(arguments.Checked(&agent, "ID", notEmptyAgent), "agent", "only numbers linked to this agent")
	flags.BoolVar(&unlinked, "unlinked", false, "only numbers without an agent")
	flags.Var(arguments.Checked(&number, "NUMBER", arguments.NotEmpty), "number", "only this number or SIP prefix; letter case does not matter")
	flags.Var(arguments.Checked(&kind, "TYPE", numberType), "type", "only numbers of this type: PSTN or SIP_USERNAME")
	flags.Var(&limit, "limit", "list at most N numbers, 1 or more (default: all)")
	flags.Var(&columns, columnsName, "print only these columns, separated by commas, in this order")
	arguments.CompleteFlag(command, columnsName, completeColumns)
	arguments.CompleteFlag(command, "limit", cobra.NoFileCompletions)
	arguments.CompleteFlag(command, "agent", completeAgents)
	arguments.CompleteFlag(command, "number", completeNumbers)
	arguments.CompleteFlag(command, "type", cobra.FixedCompletions([]cobra.Completion{string(api.PSTN), string(api.SIPUsername)}, cobra.ShellCompDirectiveNoFileComp))
	return apiCommand(command, func(ctx context.Context, s *session, _ []string) error {
		var params api.ListPhoneNumbersParams
		switch {
		case unlinked && agent != "":
			return console.Usage(errors.New("you cannot combine --agent and --unlinked"))
		case unlinked:
			params.AgentID = api.NoAgent()
		case agent != "":
			params.AgentID = &agent
		}
		if number != "" {
			params.Number = &number
		}
		if kind != "" {
			params.Type = new(api.PhoneNumberType(kind))
		}
		return s.list(ctx, params, columns, int(limit))
	})
}

// The page sizes in openapi.yaml: the default and the maximum.
const (
	usualPage   = 100
	longestPage = 1000
)

// list prints the numbers, or at most limit of them if limit is not 0. It requests no more pages than it needs. Without a
// filter, it also requests no more numbers. With a filter, it does: a server that does not filter, like the hosted one, could
// otherwise need a page for each number.
func (s *session) list(ctx context.Context, params api.ListPhoneNumbersParams, columns []numberColumn, limit int) error {
	if limit > 0 {
		page := limit
		if params != (api.ListPhoneNumbersParams{}) {
			page = max(page, usualPage)
		}
		params.Limit = new(min(page, longestPage))
	}
	rows, count := s.numbers(columns), 0
	for n, err := range s.API.All(ctx, params) {
		if err != nil && count > 0 {
			err = errors.Join(rows.End(), err)
		}
		if err != nil {
			return err
		}
		count++
		if s.JSON {
			err = console.WriteJSON(s.Out, n)
		} else {
			err = rows.number(n)
		}
		if err != nil {
			return err
		}
		if count == limit {
			break
		}
	}
	if s.JSON {
		return nil
	}
	if count == 0 && console.IsTerminal(s.Out) {
		s.Note("no numbers")
		return nil
	}
	return rows.End()
}

func notEmptyAgent(value string) error {
	if value == "" {
		return errors.New("it is empty; use --unlinked to list the numbers without an agent")
	}
	return nil
}

func numberType(value string) error {
	if !api.PhoneNumberType(value).Valid() {
		return errors.New("it must be PSTN or SIP_USERNAME")
	}
	return nil
}

// countFlag is a flag with a number of 1 or more. It is 0 if the flag is not set.
type countFlag int

func (f *countFlag) Type() string { return "N" }

func (f *countFlag) String() string {
	if *f == 0 {
		return ""
	}
	return strconv.Itoa(int(*f))
}

func (f *countFlag) Set(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return errors.New("it must be a whole number, 1 or more")
	}
	*f = countFlag(n)
	return nil
}

const columnsName = "columns"

// columnsFlag is a flag with names of columns, separated by commas.
type columnsFlag []numberColumn

func (f *columnsFlag) Type() string { return "NAME[,...]" }

func (f *columnsFlag) String() string {
	names := make([]string, len(*f))
	for i, column := range *f {
		names[i] = column.name
	}
	return strings.Join(names, ",")
}

func (f *columnsFlag) Set(value string) error {
	all := columnsFlag(numberColumns)
	var columns columnsFlag
	for name := range strings.SplitSeq(value, ",") {
		named := func(column numberColumn) bool { return column.name == name }
		i := slices.IndexFunc(all, named)
		switch {
		case i < 0:
			return fmt.Errorf("%q is not a column; the columns are %s", name, all.String())
		case slices.ContainsFunc(columns, named):
			return fmt.Errorf("%s appears more than once; name each of the columns %s at most once", name, all.String())
		}
		columns = append(columns, all[i])
	}
	*f = columns
	return nil
}

// completeColumns offers each column that is not yet in the list, after those that are.
func completeColumns(_ *cobra.Command, _ []string, begun string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
	before := begun[:strings.LastIndex(begun, ",")+1]
	for _, column := range numberColumns {
		if !slices.Contains(strings.Split(before, ","), column.name) && strings.HasPrefix(before+column.name, begun) {
			found = append(found, before+column.name)
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveKeepOrder
}
