// Package cli holds the commands of phonenumbers.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/cli/numberfile"
	"github.com/vogent-community/phonenumbers/internal/cli/numbers"
	"github.com/vogent-community/phonenumbers/internal/cli/ownserver"
	"github.com/vogent-community/phonenumbers/internal/console"
)

// Run runs the command that args name and returns the exit code. It stops at SIGINT, at SIGTERM and when ctx ends; a second
// signal ends the process at once.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	results := &console.Output{Writer: stdout}
	root := RootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(results)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	silent, isSilent := errors.AsType[console.SilentExit](err)
	switch {
	case err == nil && results.Lost == nil:
		return console.ExitDone
	case err == nil:
		err = fmt.Errorf("write the output: %w", results.Lost)
	case isSilent:
		return silent.Code
	case failures.ExitCode(err) == console.ExitChanges && wants(args, numberfile.ExitCodeFlag, true):
		err = failures.NotChanges(err)
	}
	return failures.Report(stderr, wants(args, arguments.JSONFlag, false), command.CommandPath(), err)
}

// The groups of commands in the help.
const (
	numbersGroup = "numbers"
	fileGroup    = "file"
	profileGroup = "profile"
	serverGroup  = "server"
)

// RootCommand returns the tree of commands. Run makes one for itself; it is exported for the tests that look at all commands.
func RootCommand() *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "phonenumbers",
		Short: "Manage phone numbers and their agents, and serve the API",
		Long: `Manage phone numbers and their agents with the hosted Vogent API or your own server. To run a
server, use 'phonenumbers serve'.

Commands that call the API take the API key from VOGENT_API_KEY and the address from --base-url or
VOGENT_BASE_URL. The default address is the hosted API. If VOGENT_API_KEY is not set, they use the
key and the address in a profile, which 'phonenumbers login' creates. They send the key of a profile
only to the address of that profile.

On a terminal, commands print tables that fit its width, with colors unless NO_COLOR is set. In a
pipe, they print full rows without a header, with tabs between the cells. Prompts, progress and
errors go to stderr.

` + failures.ExitCodesHelp + `

This project is unofficial and not affiliated with Vogent.`,
		Example: `  phonenumbers serve                        # runs a server; paste the commands that it prints
  phonenumbers login                        # saves your API key
  phonenumbers search 415                   # numbers for sale
  phonenumbers buy +14155550100
  phonenumbers link +14155550100 agent_1
  phonenumbers export > numbers.yaml        # edit it, then:
  phonenumbers plan -f numbers.yaml
  phonenumbers apply -f numbers.yaml`,
		Args: arguments.Subcommand,
		RunE: func(c *cobra.Command, args []string) error {
			if version {
				return printVersion(c, args)
			}
			return arguments.ShowHelp(c, args)
		},
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.PersistentFlags().Bool(arguments.JSONFlag, false, "print JSON: one document, or one object per line; errors on stderr are JSON too")
	root.Flags().BoolVar(&version, "version", false, "print the version, like the version command")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		var invalid *pflag.InvalidValueError
		if errors.As(err, &invalid) && arguments.IsHidden(invalid.GetFlag()) {
			err = fmt.Errorf("invalid --%s: %w", invalid.GetFlag().Name, errors.Unwrap(err))
		}
		return console.Usage(err)
	})
	root.AddGroup(
		&cobra.Group{ID: numbersGroup, Title: "Numbers:"},
		&cobra.Group{ID: fileGroup, Title: "Numbers as a file:"},
		&cobra.Group{ID: profileGroup, Title: "Profiles:"},
		&cobra.Group{ID: serverGroup, Title: "Your own server:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, command := range commands {
			command.GroupID = group
			root.AddCommand(command)
		}
	}
	add(numbersGroup, numbers.Commands()...)
	add(fileGroup, numberfile.Commands()...)
	add(profileGroup, account.Commands()...)
	add(serverGroup, ownserver.Commands(readBuild().String())...)
	add("", completionCommand(), versionCommand())
	root.SetHelpCommand(helpCommand(root))
	wrapFlags(root)
	return root
}

// wants looks for a flag such as --json in args, because the parser stops at the first mistake. unclear is the result for a
// value that is neither true nor false.
func wants(args []string, flag string, unclear bool) bool {
	on := false
	for _, arg := range args {
		name, value, hasValue := strings.Cut(arg, "=")
		switch {
		case arg == "--":
			return on
		case name == "--"+flag:
			given, err := strconv.ParseBool(value)
			on = !hasValue || given || err != nil && unclear
		}
	}
	return on
}
