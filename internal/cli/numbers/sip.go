package numbers

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/cli/changes"
	"github.com/vogent-community/phonenumbers/internal/console"
)

// credentials are the flags of the commands that send a SIP user name and password. The password is never an argument, because
// other users of the machine can see arguments, and the shell's history keeps them.
type credentials struct{ username, passwordFile string }

func (c *credentials) flags(command *cobra.Command) {
	command.Flags().StringVar(&c.username, "username", "", "the SIP user `NAME` (required)")
	command.Flags().Var(arguments.Checked(&c.passwordFile, "FILE", arguments.NotEmpty), "password-file", "the file with the SIP password, or - for stdin (default: ask on the terminal)")
}

// passwordOf reads the password. In a dry run, it returns an empty password.
func (c *credentials) passwordOf(ctx context.Context, s *session, dryRun bool) (string, error) {
	switch {
	case c.username == "":
		return "", console.Usage(errors.New("--username is required"))
	case dryRun:
		return "", nil
	}
	return s.Secret(ctx, c.passwordFile, console.Secret{What: "password", Prompt: "SIP password", Flag: "password-file"})
}

const passwordHelp = `The command asks for the password on the terminal, or reads it from --password-file. A line break at
the end of the file is ignored. The password is stored encrypted and is never shown.`

func importSIPCommand() *cobra.Command {
	var agree changes.Consent
	var as credentials
	var terminationURI, key string
	command := &cobra.Command{
		Use:   "import-sip NUMBER --termination-uri URI --username NAME",
		Short: "Import a number from your SIP carrier",
		Long: `Import a number from your SIP carrier, and show it with its id. NUMBER is a phone number in E.164
form, such as +18001234567.

` + passwordHelp,
		Example: `  phonenumbers import-sip +18001234567 --termination-uri sip.example.com --username trunk
  pass show trunk | phonenumbers import-sip +18001234567 --username trunk --password-file - \
    --termination-uri 'sip.example.com:5061;transport=tls'`,
		Args:              arguments.One("give the number in E.164 form, such as +18001234567"),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	command.Flags().StringVar(&terminationURI, "termination-uri", "", "the `URI` where the carrier accepts calls, such as sip.example.com:5061;transport=tls (required)")
	as.flags(command)
	keyFlag(command, &key)
	agree.DryRunFlag(command)
	return apiCommand(command, func(ctx context.Context, s *session, args []string) error {
		if terminationURI == "" {
			return console.Usage(errors.New("--termination-uri is required"))
		}
		password, err := as.passwordOf(ctx, s, agree.DryRun)
		if err != nil {
			return err
		}
		if agree.DryRun {
			return changes.Would(s.Session, fmt.Sprintf("import %s from the carrier %s with the user name %s at %s", args[0], terminationURI, as.username, s.BaseURL))
		}
		return s.create(ctx, args[0], api.SIPImport(api.SIPImportDetails{
			PhoneNumber: args[0], TerminationURI: terminationURI, Username: as.username, Password: password,
		}), key)
	})
}

func createSIPCommand() *cobra.Command {
	var agree changes.Consent
	var as credentials
	var key string
	command := &cobra.Command{
		Use:   "create-sip PREFIX --username NAME",
		Short: "Create a SIP address",
		Long: `Create a SIP address, and show it with its id. PREFIX is the first part of the address. It
consists of letters, digits and - _ . ~ +, and starts with a letter or digit. It cannot consist of 7
or more digits only. Callers sign in with the user name and the password, which must each have 5 or
more characters.

` + passwordHelp,
		Example: `  phonenumbers create-sip support-line --username caller
  phonenumbers create-sip support-line --username caller --password-file /run/secrets/sip`,
		Args:              arguments.One("give the prefix of the SIP address, such as support-line"),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	as.flags(command)
	keyFlag(command, &key)
	agree.DryRunFlag(command)
	return apiCommand(command, func(ctx context.Context, s *session, args []string) error {
		password, err := as.passwordOf(ctx, s, agree.DryRun)
		if err != nil {
			return err
		}
		if agree.DryRun {
			return changes.Would(s.Session, fmt.Sprintf("create the SIP address %s with the user name %s at %s", args[0], as.username, s.BaseURL))
		}
		return s.create(ctx, args[0], api.VogentSIP(api.VogentSIPDetails{SIPPrefix: args[0], Username: as.username, Password: password}), key)
	})
}
