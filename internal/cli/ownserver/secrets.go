package ownserver

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/store"
)

func secretsCommand() *cobra.Command {
	return arguments.Group(&cobra.Command{
		Use:   "secrets",
		Short: "Look after the encrypted SIP passwords",
	}, secretsRotateCommand())
}

func secretsRotateCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "rotate",
		Short: "Encrypt all SIP passwords with the newest key",
		Long: `Encrypt all SIP passwords with the newest key, the first of the list in PHONENUMBERS_SECRET_KEY or in the key file. It works
while servers run, and can be run again at any time. To go over to a new key:

  1. Make one: openssl rand -base64 32
  2. Put it behind the old one, with a comma between them, in PHONENUMBERS_SECRET_KEY or in the file DB.key, and restart
     the servers: now all know both.
  3. Put it in front of the old one and restart the servers: now all encrypt with it.
  4. Run this command, and again a day later: it says which keys are still needed, for idempotency keys are kept so long.
  5. When it names none any more, take the old key out and restart the servers.`,
		Example: `  phonenumbers secrets rotate`,
		Args:    arguments.None,
	}
	db := databaseFlag(command, "the database that the server uses")
	command.RunE = func(c *cobra.Command, _ []string) error {
		if err := refuseInMemory(*db); err != nil {
			return err
		}
		return withExistingStore(c.Context(), *db, func(st *store.Store) error {
			if err := st.Unlock(c.Context(), os.Getenv(store.SecretKeyVariable)); err != nil {
				return err
			}
			r, err := st.RotateSecrets(c.Context())
			if err != nil {
				return fmt.Errorf("rotate secrets, %d are done, run it again: %w", r.Passwords, err)
			}
			if t := arguments.ConsoleOf(c); t.JSON {
				return t.Document(struct {
					Passwords int      `json:"passwords"`
					KeyID     string   `json:"keyId"`
					Needed    []string `json:"keysStillNeeded"`
				}{r.Passwords, r.KeyID, append([]string{}, r.Needed...)})
			}
			fmt.Fprintf(c.OutOrStdout(), "passwords encrypted anew: %d, all are under the key with id %s\n", r.Passwords, r.KeyID)
			if len(r.Needed) > 0 {
				fmt.Fprintf(c.OutOrStdout(), "keys still needed: %s; run this again in a day\n", strings.Join(r.Needed, ", "))
			}
			return nil
		})
	}
	return command
}
