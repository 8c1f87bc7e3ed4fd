package numberfile

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/cli/changes"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
)

func applyCommand() *cobra.Command {
	var agree changes.Consent
	var file string
	command := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Link and unlink numbers to match a file",
		Long: `Link and unlink numbers to match a file. The command asks for confirmation before it unlinks
numbers. It never buys or deletes numbers, and ignores numbers that are not in the file. If the file
contains a number that you do not have, the command reports it and changes nothing.

The command changes eight numbers at a time, within the server's rate limit. If a change fails, the
command reports it and continues with the others. If the server is unavailable, the command retries
for a few minutes. After an interruption or a failure, run the command again to do the rest.

In a pipe, the command prints one row for each completed change: the change, the number, the old
agent and the new agent. With --json, it prints one object for each change, with an error if the
change failed.

` + fileHelp,
		Example: `  phonenumbers apply -f numbers.yaml
  phonenumbers apply -f numbers.yaml --yes
  phonenumbers apply -f numbers.yaml --dry-run   # the same as plan`,
		Args:              needFile(&file),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fileFlag(command, &file)
	agree.Flags(command)
	return account.Command(command, func(ctx context.Context, s *account.Session, _ []string) error {
		want, err := readFile(ctx, s.Console, file)
		if err != nil {
			return err
		}
		// This finds a wrong address or key at once. After it, the command waits for a server that is unavailable.
		if _, err := s.API.List(ctx, api.ListPhoneNumbersParams{Limit: new(1)}); err != nil {
			return err
		}
		p, err := desired.Compare(ctx, s.API, want, client.WithRetries(desired.Retries))
		switch {
		case err != nil:
			return err
		case agree.DryRun:
			return showPlan(s, p)
		}
		var unlinked []string
		for _, c := range p.Changes {
			if c.Action() == desired.Unlink {
				unlinked = append(unlinked, c.Number)
			}
		}
		if len(unlinked) > 0 {
			if ok, err := agree.Given(ctx, s, fmt.Sprintf("unlink %s at %s", changes.Enumerate(unlinked), s.BaseURL)); !ok {
				return err
			}
		}
		return apply(ctx, s, p)
	})
}

func apply(ctx context.Context, s *account.Session, p desired.Plan) error {
	b := changes.Batch{Session: s, Pacer: p.Pacer, Doing: "changing", Done: "changed", NextStep: changes.RunAgain}
	if !console.IsTerminal(s.Out) || !console.IsTerminal(s.Err) { // on a terminal, the progress bar is enough
		b.Table = changesTable(s.Console)
	}
	var tasks []changes.Task
	for _, c := range p.Changes {
		tasks = append(tasks, changes.Task{
			What: c.String(),
			Do: func(ctx context.Context, opts ...client.CallOption) error {
				_, err := c.Make(ctx, s.API, opts...)
				return err
			},
			Report: func(failure *failures.JSON) error {
				switch {
				case s.JSON:
					line := newChangeJSON(c)
					line.Error = failure
					return console.WriteJSON(s.Out, line)
				case failure == nil && b.Table != nil:
					return b.Table.Row(changeRow(c)...)
				}
				return nil
			},
		})
	}
	counts, err := b.Run(ctx, tasks)
	if err != nil {
		return err
	}
	s.Note("%s, unchanged: %d, not in the file: %d", counts, p.Unchanged, p.NotInFile)
	return nil
}
