package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/store"
)

func secretsCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "secrets",
		Short: "Look after the encrypted SIP passwords",
		Args:  needSubcommand,
		RunE:  showHelp,
	}
	command.AddCommand(secretsRotateCommand())
	return command
}

func secretsRotateCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "rotate",
		Short: "Encrypt all SIP passwords with the newest key",
		Long: `Encrypt all SIP passwords with the newest key, the first of the list in PHONENUMBERS_SECRET_KEY or in the key file. It works
while servers run, and can be run again at any time. To go over to a new key:

  1. Make one: openssl rand -base64 32
  2. Put it in front of the old one, with a comma between them, in PHONENUMBERS_SECRET_KEY or in the file DB.key.
  3. Restart every server, so that it knows both.
  4. Run this command.
  5. A day later, when no idempotency key hangs on the old key any more, take the old key out and restart the servers.`,
		Example: `  phonenumbers secrets rotate`,
		Args:    noArgs,
	}
	db := databaseFlag(command, "the database that the server uses")
	command.RunE = func(c *cobra.Command, _ []string) error {
		if err := keepsKeys(*db); err != nil {
			return err
		}
		return withExistingStore(c.Context(), *db, func(st *store.Store) error {
			if err := st.Unlock(c.Context(), os.Getenv(store.SecretKeyVariable)); err != nil {
				return err
			}
			rotated, keyID, err := st.RotateSecrets(c.Context())
			if err != nil {
				return fmt.Errorf("rotate secrets, %d are done, run it again: %w", rotated, err)
			}
			fmt.Fprintf(c.OutOrStdout(), "passwords encrypted anew: %d, all are under the key with id %s\n", rotated, keyID)
			return nil
		})
	}
	return command
}
