package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
)

// helpCommand is cobra's help command, but it refuses arguments that do not name a command.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]...",
		Short: "Show the help for a command, like -h",
		RunE: func(_ *cobra.Command, args []string) error {
			found, rest, err := root.Find(args)
			if err == nil {
				err = arguments.Subcommand(found, rest)
			}
			if err != nil {
				return err
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

// helpWidth is the maximum number of columns of the help.
const helpWidth = 100

// wrapFlags wraps the descriptions of flags in the help of root and its commands. A usage template could do that too, but a
// program that links text/template is larger.
func wrapFlags(root *cobra.Command) {
	usage := root.UsageFunc()
	root.SetUsageFunc(func(c *cobra.Command) error {
		var b strings.Builder
		out := c.OutOrStderr()
		c.SetOut(&b)
		err := usage(c)
		c.SetOut(out)
		text := b.String()
		for _, flags := range []*pflag.FlagSet{c.LocalFlags(), c.InheritedFlags()} {
			if long := strings.TrimSpace(flags.FlagUsages()); long != "" {
				text = strings.Replace(text, long, strings.TrimSpace(flags.FlagUsagesWrapped(helpWidth)), 1)
			}
		}
		fmt.Fprint(out, text)
		return err
	})
}
