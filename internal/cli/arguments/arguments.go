// Package arguments has what commands need to read the command line: checks for arguments, flags that are checked and that the
// environment can set, and the console.
package arguments

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/console"
)

// JSONFlag is the name of the flag that all commands have.
const JSONFlag = "json"

// ConsoleOf returns the console of a command.
func ConsoleOf(c *cobra.Command) *console.Console {
	asJSON, _ := c.Flags().GetBool(JSONFlag) // every command has this flag
	return &console.Console{In: c.InOrStdin(), Out: c.OutOrStdout(), Err: c.ErrOrStderr(), JSON: asJSON}
}

// None refuses arguments.
func None(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return console.Usage(fmt.Errorf("unexpected argument %q: %s takes no arguments", args[0], c.Name()))
	}
	return nil
}

// One requires exactly one argument. want is the error text, which says what to give.
func One(want string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return console.Usage(errors.New(want))
		}
		return nil
	}
}

// Subcommand refuses an argument that is not a command of the group. Without arguments, the group shows its help.
func Subcommand(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		text := fmt.Sprintf("%q is not a command of %s", args[0], c.CommandPath())
		c.SuggestionsMinimumDistance = 2 // a distance of two letters; the default, 0, finds only words with the same beginning
		if similar := c.SuggestionsFor(args[0]); len(similar) > 0 {
			text += " (did you mean " + strings.Join(similar, " or ") + "?)"
		}
		return console.Usage(errors.New(text))
	}
	return nil
}

// Group makes a command that only contains other commands.
func Group(command *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	command.Args, command.RunE = Subcommand, ShowHelp
	command.AddCommand(commands...)
	return command
}

// ShowHelp shows the help of a command.
func ShowHelp(c *cobra.Command, _ []string) error { return c.Help() }
