package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/console"
)

func completionCommand() *cobra.Command {
	shells := map[string]func(*cobra.Command, io.Writer) error{
		"bash": func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) },
		"zsh":  (*cobra.Command).GenZshCompletion,
		"fish": func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) },
	}
	const want = "give a shell: bash, zsh or fish"
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print a shell completion script",
		Long: `Print a script that completes commands, flags, numbers and agents in your shell. The script gets
your numbers and agents from the API.`,
		Example: `  source <(phonenumbers completion bash)    # in ~/.bashrc; needs the package bash-completion
  source <(phonenumbers completion zsh)     # in ~/.zshrc, after compinit
  phonenumbers completion fish | source     # in ~/.config/fish/config.fish`,
		Args:      arguments.One(want),
		ValidArgs: []cobra.Completion{"bash", "zsh", "fish"},
		RunE: func(c *cobra.Command, args []string) error {
			generate, ok := shells[args[0]]
			if !ok {
				return console.Usage(fmt.Errorf("%q is not a supported shell; %s", args[0], want))
			}
			return generate(c.Root(), c.OutOrStdout())
		},
	}
}
