package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/profiles"
)

// Commands returns the commands for profiles.
func Commands() []*cobra.Command {
	return []*cobra.Command{loginCommand(), logoutCommand(), profilesCommand()}
}

func loginCommand() *cobra.Command {
	var to target
	var keyFile string
	command := &cobra.Command{
		Use:   "login",
		Short: "Save an API key and the address of its server",
		Long: `Save an API key and the address of its server as a profile, for the commands that call the API.
The command asks for the key on the terminal, or reads it from --api-key-file. It saves the key only
if the server accepts it. If a profile with the same name exists, the command replaces it.

Without --base-url, the command uses the address of the existing profile, or the hosted API if there
is no such profile. Profiles are stored in phonenumbers/profiles.yaml, in XDG_CONFIG_HOME or your
system's folder for settings. Only you can read this file, but the keys in it are not encrypted.

` + failures.ExitCodesHelp,
		Example: `  phonenumbers login
  phonenumbers login --profile local --base-url http://127.0.0.1:8080/api
  pass show vogent | phonenumbers login --api-key-file -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 { // the argument may be the key, so the error does not quote it
				return console.Usage(errors.New("login takes no arguments; it asks for the key or reads it from --api-key-file"))
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	to.flags(command, "the name of the profile to save")
	command.Flags().Var(arguments.Checked(&keyFile, "FILE", arguments.NotEmpty), "api-key-file", "the file with the API key, or - for stdin (default: ask on the terminal)")
	command.RunE = func(c *cobra.Command, _ []string) error {
		return login(c.Context(), arguments.ConsoleOf(c), to, keyFile)
	}
	return command
}

// login saves a key if the server accepts it.
func login(ctx context.Context, t *console.Console, to target, keyFile string) error {
	path, kept, err := keptProfiles()
	if err != nil {
		return err
	}
	name := to.name()
	old, replaced := kept[name]
	baseURL := cmp.Or(to.baseURL, old.BaseURL, client.DefaultBaseURL)
	key, err := readKey(ctx, t, keyFile, baseURL)
	if err != nil {
		return err
	}
	s, err := access{key, baseURL, failures.Origin{CheckKey: "check that the key is correct and belongs to the server at " + baseURL, Address: givenAddress}}.session(t)
	if err != nil {
		return err
	}
	if _, err := s.API.List(ctx, api.ListPhoneNumbersParams{Limit: new(1)}); err != nil {
		return s.from.Explain(fmt.Errorf("nothing was saved: %w", err))
	}
	if err := profiles.Change(path, func(p profiles.Profiles) { p[name] = profiles.Profile{BaseURL: baseURL, APIKey: key} }); err != nil {
		return fmt.Errorf("the server accepts the key, but it could not be saved: %w", err)
	}
	if os.Getenv(keyVariable) != "" {
		t.Note("phonenumbers: %s is set and overrides every profile; unset it to use this one", keyVariable)
	}
	if t.JSON {
		return t.Document(struct {
			Profile  string `json:"profile"`
			BaseURL  string `json:"baseUrl"`
			File     string `json:"file"`
			Replaced bool   `json:"replaced"`
		}{name, baseURL, path, replaced})
	}
	done := "saved"
	if replaced {
		done = "replaced"
	}
	_, err = fmt.Fprintf(t.Out, "logged in to %s: %s the profile %s in %s\n", baseURL, done, name, path)
	return err
}

// readKey reads a key for the server. No error contains the path of the file, because people can give the key instead.
func readKey(ctx context.Context, t *console.Console, file, baseURL string) (string, error) {
	key, err := t.Secret(ctx, file, console.Secret{What: "API key", Prompt: "API key for " + baseURL, Flag: "api-key-file"})
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return "", fmt.Errorf("open the file given with --api-key-file: %w", pathError.Err)
	}
	if err != nil {
		return "", err
	}
	key = strings.TrimSpace(key) // people paste keys with spaces
	if err := profiles.CheckKey(key); err != nil {
		return "", console.Usage(err)
	}
	return key, nil
}

func logoutCommand() *cobra.Command {
	var to target
	command := &cobra.Command{
		Use:   "logout",
		Short: "Remove a profile and its key",
		Long: `Remove a profile and its key from this machine. The key stays valid. If someone else may have the
key, revoke it on the server.`,
		Example: `  phonenumbers logout
  phonenumbers logout --profile local`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 { // the argument may be the key, so the error does not quote it
				return console.Usage(errors.New("logout takes no arguments; name the profile with --profile"))
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	to.profileFlag(command, "the profile to remove")
	command.RunE = func(c *cobra.Command, _ []string) error {
		path, kept, err := keptProfiles()
		if err != nil {
			return err
		}
		name := to.name()
		old, found := kept[name]
		if !found {
			return console.Exit(console.ExitNotFound, without(kept, to.profile))
		}
		if err := profiles.Change(path, func(p profiles.Profiles) { delete(p, name) }); err != nil {
			return err
		}
		t := arguments.ConsoleOf(c)
		if t.JSON {
			return t.Document(struct {
				Profile string `json:"profile"`
				BaseURL string `json:"baseUrl"`
				File    string `json:"file"`
			}{name, old.BaseURL, path})
		}
		_, err = fmt.Fprintf(t.Out, "logged out of %s: removed the profile %s from %s\n", old.BaseURL, name, path)
		return err
	}
	return command
}
