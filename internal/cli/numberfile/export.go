// Package numberfile holds the commands for a file with numbers and their agents: export, plan and apply.
package numberfile

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
)

// Commands returns the commands for such a file.
func Commands() []*cobra.Command {
	return []*cobra.Command{exportCommand(), planCommand(), applyCommand()}
}

// readFile reads the file named by --file, or stdin if the name is -.
func readFile(ctx context.Context, t *console.Console, path string) (desired.File, error) {
	text, err := t.Read(ctx, path, desired.MaxSize)
	if err != nil {
		return desired.File{}, err
	}
	if path == "-" {
		path = "stdin"
	}
	if len(text) > desired.MaxSize {
		return desired.File{}, fmt.Errorf("nothing was changed: %s is larger than %d MiB; split it, because numbers that are not in a file are ignored", path, desired.MaxSize>>20)
	}
	return desired.Parse(path, text)
}

// The form of the file, for the help of the commands that read and write it.
const fileHelp = `The file has one line for each number or SIP prefix. An empty agent means no agent:

  numbers:
    "+15105550100": {agent: agent_1}
    "+15105550101": {agent: ""}`

func exportCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "export",
		Short: "Write all numbers and their agents to stdout",
		Long: `Write all numbers and their agents to stdout as YAML, sorted by number. The same numbers and
agents always give the same text. With --json, write JSON, which plan and apply can also read.

` + fileHelp,
		Example:           `  phonenumbers export > numbers.yaml`,
		Args:              arguments.None,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	return account.Command(command, func(ctx context.Context, s *account.Session, _ []string) error {
		owned, err := desired.List(ctx, s.API)
		if err != nil {
			return err
		}
		state := desired.State{}
		for number, n := range owned {
			state[number] = desired.AgentOf(n)
		}
		if !s.JSON {
			return state.Write(s.Out)
		}
		type agent struct {
			Agent string `json:"agent"`
		}
		numbers := map[string]agent{}
		for number, id := range state {
			numbers[number] = agent{id}
		}
		return s.Document(map[string]any{"numbers": numbers})
	})
}
