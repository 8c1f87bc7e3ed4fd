package arguments

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vogent-community/phonenumbers/internal/console"
)

// FromEnvironment lets an environment variable set a flag. The command line overrides the variable. An empty variable is
// ignored.
func FromEnvironment(command *cobra.Command, flag string) {
	FromVariable(command, flag, "PHONENUMBERS_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_")))
}

// FromVariable is FromEnvironment with a variable of another name.
func FromVariable(command *cobra.Command, flag, variable string) {
	f := command.Flags().Lookup(flag)
	f.Usage += " [$" + variable + "]"
	before := command.PreRunE
	command.PreRunE = func(c *cobra.Command, args []string) error {
		if value := os.Getenv(variable); value != "" && !f.Changed {
			switch err := f.Value.Set(value); {
			case err != nil && IsHidden(f):
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

// Checked returns the value of a flag that is checked when it is set, so that the error names the flag or the variable that
// sets it. kind is the placeholder for the value in the help.
func Checked(value *string, kind string, check func(string) error) pflag.Value {
	return checked{value, kind, check}
}

type checked struct {
	value *string
	kind  string
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

// Hidden is Checked for a value that may contain a secret by mistake. No error shows such a value.
func Hidden(value *string, kind string, check func(string) error) pflag.Value {
	return hidden{checked{value, kind, check}}
}

type hidden struct{ checked }

// IsHidden reports whether no error may show the value of a flag.
func IsHidden(f *pflag.Flag) bool {
	_, is := f.Value.(hidden)
	return is
}

// NotEmpty refuses an empty value.
func NotEmpty(value string) error {
	if value == "" {
		return errors.New("it is empty")
	}
	return nil
}

// CompleteFlag completes the values of a flag.
func CompleteFlag(command *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := command.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // only for a flag that the command does not have
	}
}
