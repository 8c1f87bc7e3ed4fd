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
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a mistake in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Run runs the command that args name and returns the exit code. It stops at SIGINT, at SIGTERM and when ctx ends; a second
// signal ends the process at once.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(stderr, "phonenumbers: %v\n", err)
	if isUsage(err) {
		fmt.Fprintf(stderr, "Run '%s -h' for help.\n", command.CommandPath())
		return exitUsage
	}
	return exitFailed
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "phonenumbers",
		Short: "Serve the phone-number API",
		Long: `Serve the phone-number API of openapi.yaml from an embedded database.

This project is unofficial and not affiliated with Vogent.`,
		Example: `  phonenumbers serve                        # then paste the lines that it prints
  phonenumbers keys create --name ci        # another API key
  phonenumbers inventory import numbers.csv # more numbers for sale`,
		Args:              needSubcommand,
		RunE:              showHelp,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(serveCommand(), keysCommand(), inventoryCommand(), secretsCommand(), versionCommand())
	root.SetHelpCommand(helpCommand(root))
	return root
}

// setting makes a flag one that the environment can set too. The command line wins; an empty variable counts as none.
func setting(command *cobra.Command, flag string) {
	f := command.Flags().Lookup(flag)
	f.Usage += " [$" + variable(flag) + "]"
	before := command.PreRunE
	command.PreRunE = func(c *cobra.Command, args []string) error {
		if value := os.Getenv(variable(flag)); value != "" && !f.Changed {
			if err := f.Value.Set(value); err != nil {
				return usageError{fmt.Errorf("invalid value %q in %s: %w", value, variable(flag), err)}
			}
		}
		if before == nil {
			return nil
		}
		return before(c, args)
	}
}

func variable(flag string) string {
	return "PHONENUMBERS_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// checked is the value of a flag that is checked as it is set, so that the error names what has set it: the flag or the
// variable.
type checked struct {
	value *string
	kind  string // stands for the value in the help
	check func(string) error
}

func (c checked) String() string { return *c.value }
func (c checked) Type() string   { return c.kind }

func (c checked) Set(value string) error {
	if err := c.check(value); err != nil {
		return err
	}
	*c.value = value
	return nil
}

// databaseFlag adds --db to a command.
func databaseFlag(command *cobra.Command, usage string) *string {
	db := "phonenumbers.db"
	command.Flags().Var(checked{&db, "PATH", notEmpty}, "db", usage)
	setting(command, "db")
	return &db
}

func notEmpty(value string) error {
	if value == "" {
		return errors.New("it is empty")
	}
	return nil
}

// withExistingStore is withStore for commands to which a missing database is most likely a slip in --db.
func withExistingStore(ctx context.Context, db string, fn func(*store.Store) error) error {
	if _, err := os.Stat(db); errors.Is(err, fs.ErrNotExist) {
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

func workspaces(st *store.Store) *workspace.Service {
	return &workspace.Service{Store: st, Now: time.Now, NewID: newID}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func isUsage(err error) bool {
	var usage usageError
	return errors.As(err, &usage)
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unexpected argument %q: %s takes none", args[0], c.Name())}
	}
	return nil
}

// needSubcommand refuses what is no command of a group; without arguments the group shows its help.
func needSubcommand(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		text := fmt.Sprintf("%q is not a command of %s", args[0], c.CommandPath())
		c.SuggestionsMinimumDistance = 2 // two letters apart; the default would take words with the same beginning only
		if similar := c.SuggestionsFor(args[0]); len(similar) > 0 {
			text += "; did you mean " + strings.Join(similar, " or ") + "?"
		}
		return usageError{errors.New(text)}
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
