// Package cli holds the commands of phonenumbers.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
)

// Run runs the command that args name and returns the exit code. It stops at SIGINT, at SIGTERM and when ctx ends; a second
// signal ends the process at once.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	results := &console.Output{Writer: stdout}
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(results)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil && results.Lost == nil:
		return console.ExitDone
	case err == nil:
		err = fmt.Errorf("write the output: %w", results.Lost)
	case errors.Is(err, errChanges):
		return console.ExitChanges
	case exitCode(err) == console.ExitChanges && wants(args, exitCodeFlag, true):
		err = notChanges{err}
	}
	return report(stderr, wants(args, jsonFlag, false), command.CommandPath(), err)
}

func consoleOf(c *cobra.Command) *console.Console {
	asJSON, _ := c.Flags().GetBool(jsonFlag) // which each command has
	return &console.Console{In: c.InOrStdin(), Out: c.OutOrStdout(), Err: c.ErrOrStderr(), JSON: asJSON}
}

// The groups of commands in the help.
const (
	numbersGroup = "numbers"
	fileGroup    = "file"
	profileGroup = "profile"
	serverGroup  = "server"
)

func rootCommand() *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "phonenumbers",
		Short: "Manage phone numbers and their agents, and serve the API",
		Long: `Manage phone numbers and their agents at the hosted Vogent API or on a server of your own, and run
such a server.

The commands that call the API take the key from VOGENT_API_KEY, and the address from --base-url or
VOGENT_BASE_URL. The default address is the hosted API. If VOGENT_API_KEY is not set, they take the
key and its address from a profile, which 'phonenumbers login' creates. The key of a profile is
never sent to another address.

On a terminal, they print tables cut to its width, with colors unless NO_COLOR is set. In a pipe,
they print whole rows, with tabs between the cells and no header. Prompts, progress and errors go to
stderr.

` + exitCodesHelp + `

This project is unofficial and not affiliated with Vogent.`,
		Example: `  phonenumbers serve                        # a server; paste the lines that it prints
  phonenumbers login                        # saves your API key
  phonenumbers search 415                   # numbers for sale
  phonenumbers buy +14155550100
  phonenumbers link +14155550100 agent_1
  phonenumbers export > numbers.yaml        # edit it, then:
  phonenumbers plan -f numbers.yaml
  phonenumbers apply -f numbers.yaml`,
		Args: needSubcommand,
		RunE: func(c *cobra.Command, args []string) error {
			if version {
				return printVersion(c, args)
			}
			return showHelp(c, args)
		},
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.PersistentFlags().Bool(jsonFlag, false, "print JSON: one document, or one object per line if there can be many; errors on stderr too")
	root.Flags().BoolVar(&version, "version", false, "print the version, like the version command")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		var invalid *pflag.InvalidValueError
		if errors.As(err, &invalid) && isHidden(invalid.GetFlag()) {
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
	add(numbersGroup, numberCommands()...)
	add(numbersGroup, searchCommand(), buyCommand(), importSIPCommand(), createSIPCommand())
	add(fileGroup, exportCommand(), planCommand(), applyCommand())
	add(profileGroup, loginCommand(), logoutCommand(), profilesCommand())
	add(serverGroup, serveCommand(), keysCommand(), inventoryCommand(), secretsCommand(), dbCommand())
	add("", completionCommand(), versionCommand())
	root.SetHelpCommand(helpCommand(root))
	return root
}

// withExistingStore is withStore for commands to which a missing database is most likely a slip in --db.
func withExistingStore(ctx context.Context, db string, fn func(*store.Store) error) error {
	if _, err := os.Stat(db); !sqldb.IsPostgres(db) && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s; name the one that the server uses with --db", db)
	}
	return withStore(ctx, db, fn)
}

// withStore opens the database, runs fn and closes it.
func withStore(ctx context.Context, db string, fn func(*store.Store) error) (failed error) {
	st, err := store.Open(ctx, db)
	if err != nil {
		return err
	}
	defer func() {
		if err := st.Close(); failed == nil && err != nil {
			failed = fmt.Errorf("close database: %w", err)
		}
	}()
	return fn(st)
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return console.Usage(fmt.Errorf("unexpected argument %q: %s takes none", args[0], c.Name()))
	}
	return nil
}

// oneArg refuses all but one argument; want says what to give.
func oneArg(want string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return console.Usage(errors.New(want))
		}
		return nil
	}
}

// needSubcommand refuses what is no command of a group; without arguments the group shows its help.
func needSubcommand(c *cobra.Command, args []string) error {
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

// group makes a command that only holds others.
func group(command *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	command.Args, command.RunE = needSubcommand, showHelp
	command.AddCommand(commands...)
	return command
}

func showHelp(c *cobra.Command, _ []string) error { return c.Help() }

// helpCommand is cobra's, except that it refuses what is no command.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]...",
		Short: "Show the help of a command, as -h does",
		RunE: func(_ *cobra.Command, args []string) error {
			found, rest, err := root.Find(args)
			if err == nil {
				err = needSubcommand(found, rest)
			}
			if err != nil {
				return err
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}
