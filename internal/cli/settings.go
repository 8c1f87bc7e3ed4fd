package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

// setting makes a flag one that the environment can set too. The command line wins; an empty variable counts as none.
func setting(command *cobra.Command, flag string) {
	settingFrom(command, flag, "PHONENUMBERS_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_")))
}

// settingFrom is setting with a variable of another name.
func settingFrom(command *cobra.Command, flag, variable string) {
	f := command.Flags().Lookup(flag)
	f.Usage += " [$" + variable + "]"
	before := command.PreRunE
	command.PreRunE = func(c *cobra.Command, args []string) error {
		if value := os.Getenv(variable); value != "" && !f.Changed {
			switch err := f.Value.Set(value); {
			case err != nil && isHidden(f):
				return console.Usage(fmt.Errorf("invalid %s: %w", variable, err))
			case err != nil:
				return console.Usage(fmt.Errorf("invalid value %q in %s: %w", value, variable, err))
			}
		}
		if before == nil {
			return nil
		}
		return before(c, args)
	}
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

// hidden is a value that may hold a secret by mistake, so that no error shows it.
type hidden struct{ checked }

func isHidden(f *pflag.Flag) bool {
	_, is := f.Value.(hidden)
	return is
}

// databaseFlag adds --db to a command. Its value can have a password.
func databaseFlag(command *cobra.Command, usage string) *string {
	db := "phonenumbers.db"
	command.Flags().Var(hidden{checked{&db, "DATABASE", database}}, "db", usage+": a path or a postgres:// URL")
	setting(command, "db")
	return &db
}

func database(value string) error {
	switch scheme, _, isURL := strings.Cut(value, "://"); {
	case value == "":
		return notEmpty(value)
	case isURL && !sqldb.IsPostgres(value):
		return fmt.Errorf("%s:// is no database that this program knows; give the path of a SQLite file, or a postgres:// URL", scheme)
	}
	return nil
}

func notEmpty(value string) error {
	if value == "" {
		return errors.New("it is empty")
	}
	return nil
}
