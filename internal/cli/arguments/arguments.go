// Package arguments has what the commands share to read their command line: arguments, flags that are checked and that the
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

// ConsoleOf is what a command talks to.
func ConsoleOf(c *cobra.Command) *console.Console {
	asJSON, _ := c.Flags().GetBool(JSONFlag) // which each command has
	return &console.Console{In: c.InOrStdin(), Out: c.OutOrStdout(), Err: c.ErrOrStderr(), JSON: asJSON}
}

// None refuses arguments.
func None(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return console.Usage(fmt.Errorf("unexpected argument %q: %s takes no arguments", args[0], c.Name()))
	}
	return nil
}

// One refuses all but one argument; want says what to give.
func One(want string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return console.Usage(errors.New(want))
		}
		return nil
	}
}

// Subcommand refuses what is no command of a group; without arguments the group shows its help.
func Subcommand(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		text := fmt.Sprintf("%q is not a command of %s", args[0], c.CommandPath())
		c.SuggestionsMinimumDistance = 2 // two letters apart; the default would take words with the same beginning only
		if similar := c.SuggestionsFor(args[0]); len(similar) > 0 {
			text += " (did you mean " + strings.Join(similar, " or ") + "?)"
		}
		return console.Usage(errors.New(text))
	}
	return nil
}

// Group makes a command that only holds others.
func Group(command *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	command.Args, command.RunE = Subcommand, ShowHelp
	command.AddCommand(commands...)
	return command
}

// ShowHelp shows the help of a command.
func ShowHelp(c *cobra.Command, _ []string) error { return c.Help() }
