// Package changes is for commands that change something: they ask first, make many changes at a time, and report each of them.
package changes

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/printable"
)

// Consent holds the flags of a command that changes something.
type Consent struct{ Yes, DryRun bool }

// DryRunFlag adds --dry-run.
func (c *Consent) DryRunFlag(command *cobra.Command) {
	command.Flags().BoolVar(&c.DryRun, "dry-run", false, "show what the command would do, without doing it")
}

// Flags adds the flags of a command that spends money or deletes something: --dry-run and --yes.
func (c *Consent) Flags(command *cobra.Command) {
	c.DryRunFlag(command)
	command.Flags().BoolVarP(&c.Yes, "yes", "y", false, "do not ask for confirmation; required without a terminal")
}

// Given asks the user to confirm what, unless --yes is set. With --dry-run, it prints what instead, and returns false.
func (c *Consent) Given(ctx context.Context, s *account.Session, what string) (bool, error) {
	switch {
	case c.DryRun:
		return false, Would(s, what)
	case c.Yes:
		return true, nil
	}
	err := s.Ask(ctx, what)
	return err == nil, err
}

// WouldJSON is what a dry run would do, as --json prints it.
type WouldJSON struct {
	Would string `json:"would"`
}

// Would prints what a dry run would do.
func Would(s *account.Session, what string) error {
	if s.JSON {
		return s.Document(WouldJSON{what})
	}
	_, err := fmt.Fprintf(s.Out, "would %s\n", printable.Text(what))
	return err
}

// Enumerate sorts names and lists the first ten.
func Enumerate(names []string) string {
	const most = 10
	slices.Sort(names)
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
