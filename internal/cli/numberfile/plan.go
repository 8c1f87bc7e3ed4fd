package numberfile

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
)

// changeJSON is a change as --json prints it. As in the API, null means no agent.
type changeJSON struct {
	Action string         `json:"action"`
	Number string         `json:"number"`
	ID     string         `json:"id"`
	From   *string        `json:"from"`
	To     *string        `json:"to"`
	Error  *failures.JSON `json:"error,omitempty"` // only apply sets it
}

func newChangeJSON(c desired.Change) changeJSON {
	agent := func(id string) *string {
		if id == "" {
			return nil
		}
		return &id
	}
	return changeJSON{Action: c.Action(), Number: c.Number, ID: c.ID, From: agent(c.From), To: agent(c.To)}
}

func changeRow(c desired.Change) []string { return []string{c.Action(), c.Number, c.From, c.To} }

// changesTable returns a table of changes. Unlinks are red.
func changesTable(t *console.Console) *console.Table {
	rows := t.Table("CHANGE", console.NumberHeader, "FROM", "TO")
	rows.Color = func(action string) string {
		return map[string]string{desired.Link: console.Green, desired.Unlink: console.Red, desired.Move: console.Yellow}[action]
	}
	return rows
}

func showPlan(s *account.Session, p desired.Plan) error {
	if s.JSON {
		document := struct {
			Changes   []changeJSON `json:"changes"`
			Unchanged int          `json:"unchanged"`
			NotInFile int          `json:"notInFile"`
		}{[]changeJSON{}, p.Unchanged, p.NotInFile}
		for _, c := range p.Changes {
			document.Changes = append(document.Changes, newChangeJSON(c))
		}
		return s.Document(document)
	}
	if len(p.Changes) > 0 {
		t := changesTable(s.Console)
		for _, c := range p.Changes {
			if err := t.Row(changeRow(c)...); err != nil {
				return err
			}
		}
		if err := t.End(); err != nil {
			return err
		}
	}
	s.Note("to change: %d, unchanged: %d, not in the file: %d", len(p.Changes), p.Unchanged, p.NotInFile)
	return nil
}

func fileFlag(command *cobra.Command, file *string) {
	command.Flags().VarP(arguments.Checked(file, "FILE", arguments.NotEmpty), "file", "f", "the `FILE` with the numbers and their agents, or - for stdin (required)")
}

func needFile(file *string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if *file == "" {
			return console.Usage(errors.New("--file is required; give the file with the numbers and their agents"))
		}
		return arguments.None(c, args)
	}
}

// ExitCodeFlag is the name of the flag of plan that makes the exit code show whether there are changes.
const ExitCodeFlag = "exit-code"

func planCommand() *cobra.Command {
	var file string
	var tell bool
	command := &cobra.Command{
		Use:   "plan -f FILE",
		Short: "Show what apply would change",
		Long: `Show what 'phonenumbers apply' would change to make your numbers match a file. Nothing is changed.
Numbers that are not in the file are ignored. If the file contains a number that you do not have,
the command fails.

The exit code is 0 whether or not there are changes. With --exit-code, it is 2 if there are changes
and 0 if there are none. The exit code for wrong usage is then 1, so that 2 always means changes.

` + fileHelp,
		Example: `  phonenumbers plan -f numbers.yaml
  phonenumbers plan -f numbers.yaml --json | jq .changes
  phonenumbers plan -f numbers.yaml --exit-code || echo "changes, or a failure"`,
		Args:              needFile(&file),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fileFlag(command, &file)
	command.Flags().BoolVar(&tell, ExitCodeFlag, false, "exit with 2 if there are changes, and with 1 for wrong usage")
	return account.Command(command, func(ctx context.Context, s *account.Session, _ []string) error {
		want, err := readFile(ctx, s.Console, file)
		if err != nil {
			return err
		}
		p, err := desired.Compare(ctx, s.API, want)
		if err != nil {
			return err
		}
		if err := showPlan(s, p); err != nil || !tell || len(p.Changes) == 0 {
			return err
		}
		return console.SilentExit{Code: console.ExitChanges}
	})
}
