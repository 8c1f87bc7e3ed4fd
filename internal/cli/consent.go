package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/printable"
)

// consent are the flags of commands that change something.
type consent struct{ yes, dryRun bool }

func (c *consent) dryRunFlag(command *cobra.Command) {
	command.Flags().BoolVar(&c.dryRun, "dry-run", false, "show what the command would do, and do nothing")
}

// flags are those of commands that spend or destroy something.
func (c *consent) flags(command *cobra.Command) {
	c.dryRunFlag(command)
	command.Flags().BoolVarP(&c.yes, "yes", "y", false, "do not ask for confirmation; required without a terminal")
}

// given asks whether to do what, unless --yes says so. After --dry-run it says what, and returns false.
func (c *consent) given(ctx context.Context, s *session, what string) (bool, error) {
	switch {
	case c.dryRun:
		return false, s.would(what)
	case c.yes:
		return true, nil
	}
	err := s.Ask(ctx, what)
	return err == nil, err
}

// wouldJSON is what a dry run would do, as --json prints it.
type wouldJSON struct {
	Would string `json:"would"`
}

// would says what a dry run would do.
func (s *session) would(what string) error {
	if s.JSON {
		return s.Document(wouldJSON{what})
	}
	_, err := fmt.Fprintf(s.Out, "would %s\n", printable.Text(what))
	return err
}
