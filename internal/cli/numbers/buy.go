package numbers

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/cli/changes"
	"github.com/vogent-community/phonenumbers/internal/console"
)

func searchCommand() *cobra.Command {
	var country string
	var limit int
	command := &cobra.Command{
		Use:   "search PREFIX",
		Short: "Search for numbers for sale",
		Long: `Search for numbers for sale whose national number (the digits after the country code) starts with
PREFIX, such as an area code. The numbers are in ascending order. A number can be sold to someone
else before you buy it; 'phonenumbers buy --prefix' then tries the next one.`,
		Example: `  phonenumbers search 415
  phonenumbers search 20 --country GB --limit 10`,
		Args:              arguments.One("give the digits that the national number starts with, such as 415"),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	countryFlag(command, &country)
	command.Flags().IntVar(&limit, "limit", 5, "show at most `N` numbers, 1 to 10")
	return apiCommand(command, func(ctx context.Context, s *session, args []string) error {
		found, err := s.API.Search(ctx, api.PhoneNumberSearchInput{Prefix: args[0], Country: &country, Limit: &limit})
		if err != nil {
			return err
		}
		if s.JSON {
			return s.Document(found)
		}
		if len(found) == 0 {
			s.Note("no number for sale starts with %s in %s; try a shorter prefix", args[0], country)
			return nil
		}
		t := s.Table(console.NumberHeader)
		for _, n := range found {
			if err := t.Row(n.Number); err != nil {
				return err
			}
		}
		return t.End()
	})
}

func countryFlag(command *cobra.Command, country *string) {
	command.Flags().StringVar(country, "country", "US", "the `COUNTRY` of the prefix: US (includes Canada) or GB")
	arguments.CompleteFlag(command, "country", cobra.FixedCompletions([]cobra.Completion{"US", "GB"}, cobra.ShellCompDirectiveNoFileComp))
}

func buyCommand() *cobra.Command {
	var agree changes.Consent
	var prefix, country, key string
	command := &cobra.Command{
		Use:   "buy NUMBER | --prefix PREFIX",
		Short: "Buy a number",
		Long: `Buy a number and show it with its id. The command asks for confirmation first. With --prefix, it
buys the first available number whose national number starts with PREFIX.

A purchase is never retried blindly. If its response is lost, the command checks whether the number
is now yours. If it cannot find out, the error says so. With --idempotency-key, a server that
supports idempotency keys makes the purchase only once, no matter how often you run the command with
the same key and number.`,
		Example: `  phonenumbers buy +14155550100
  phonenumbers buy --prefix 415 --yes
  phonenumbers buy +14155550100 --yes --idempotency-key order-17`,
		Args: func(c *cobra.Command, args []string) error {
			one := len(args) == 1 && args[0] != ""
			switch {
			case len(args) > 1, one == (prefix != ""):
				return console.Usage(errors.New("give one number or --prefix, but not both"))
			case one && c.Flags().Changed("country"):
				return console.Usage(errors.New("--country is only for --prefix; a number includes its country code"))
			case prefix != "" && key != "":
				return console.Usage(errors.New("you cannot combine --idempotency-key and --prefix, which may try several numbers"))
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	command.Flags().StringVar(&prefix, "prefix", "", "buy any number whose national number starts with `PREFIX`")
	countryFlag(command, &country)
	keyFlag(command, &key)
	agree.Flags(command)
	return apiCommand(command, func(ctx context.Context, s *session, args []string) error {
		if prefix != "" {
			return s.buyAny(ctx, api.PhoneNumberSearchInput{Prefix: prefix, Country: &country}, agree)
		}
		if ok, err := agree.Given(ctx, s.Session, fmt.Sprintf("buy %s at %s", args[0], s.BaseURL)); !ok {
			return err
		}
		return s.create(ctx, args[0], api.Purchase(args[0]), key)
	})
}

func (s *session) buyAny(ctx context.Context, search api.PhoneNumberSearchInput, agree changes.Consent) error {
	found, err := s.API.Search(ctx, search)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("no number for sale starts with %s in %s; try a shorter prefix", search.Prefix, *search.Country)
	}
	what := fmt.Sprintf("buy a number such as %s at %s", found[0].Number, s.BaseURL)
	if ok, err := agree.Given(ctx, s.Session, what); !ok {
		return err
	}
	n, err := s.API.BuyAny(ctx, search)
	if err != nil {
		return err
	}
	return s.showDone(n, "is now yours")
}

func keyFlag(command *cobra.Command, key *string) {
	command.Flags().Var(arguments.Checked(key, "KEY", idempotencyKey), "idempotency-key", "carry out the command only once per key: 1 to 255 visible ASCII characters (default: a new key)")
}

func idempotencyKey(value string) error {
	if _, err := api.ParseIdempotencyKey(value); err != nil {
		return fmt.Errorf("it %w", err)
	}
	return nil
}

// create creates the number or SIP prefix and shows it.
func (s *session) create(ctx context.Context, number string, r api.CreatePhoneNumberInput, key string) error {
	var options []client.CallOption
	if key != "" {
		options = append(options, client.WithIdempotencyKey(key))
	}
	n, err := s.API.Create(ctx, r, options...)
	if err != nil {
		return s.orYours(ctx, number, err)
	}
	return s.showDone(n, "is now yours")
}

// yoursError is the error for a number that cannot be created because it is already yours.
type yoursError struct {
	api.PhoneNumber
	refusal error
}

func (e yoursError) Unwrap() error { return e.refusal }

// NextStep returns what to do next, for failures.Report.
func (e yoursError) NextStep() string {
	return fmt.Sprintf("run 'phonenumbers link %s AGENT' to link it to an agent", e.Number)
}

func (e yoursError) Error() string {
	return fmt.Sprintf("you already have %s, with the id %s, %s", e.Number, e.ID, linked(e.PhoneNumber))
}

// orYours looks for a number that a server has refused because somebody has it. If you have the number, it returns a
// yoursError. Otherwise, or if it cannot find out, it returns the refusal.
func (s *session) orYours(ctx context.Context, number string, refusal error) error {
	var failure *client.Error
	if !errors.As(refusal, &failure) || failure.Code != api.CodeNumberUnavailable && failure.Code != api.CodeSIPPrefixTaken {
		return refusal
	}
	n, err := s.API.GetByNumber(ctx, number, client.WithRetries(0))
	if err != nil {
		return refusal
	}
	return yoursError{n, refusal}
}

// showDone shows a number that was changed. If the number cannot be printed, the error says what was done.
func (s *session) showDone(n api.PhoneNumber, what string) error {
	if err := s.show(n); err != nil {
		return fmt.Errorf("%s %s, with the id %s, but the result could not be printed: %w", n.Number, what, n.ID, err)
	}
	return nil
}
