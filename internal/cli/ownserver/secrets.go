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
		Short: "Manage the encryption of SIP passwords",
	}, secretsRotateCommand())
}

func secretsRotateCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "rotate",
		Short: "Encrypt all SIP passwords with a new key",
		Long: `Encrypt all SIP passwords with the first key in PHONENUMBERS_SECRET_KEY or in the key file. You can
run this command while servers are running, and as often as you like. The key file of
phonenumbers.db is phonenumbers.db.key. To switch to a new key:

  1. Create a key: openssl rand -base64 32
  2. In PHONENUMBERS_SECRET_KEY or the key file, add the new key after the old one, separated by a
     comma. Restart the servers. All of them can now decrypt with both keys.
  3. Move the new key before the old one. Restart the servers. All of them now encrypt with the new
     key.
  4. Run this command. It also prints the ids of other keys that are still needed, because stored
     idempotency keys depend on them for a day.
  5. A day later, run this command again. If it prints no other keys, remove the old key and restart
     the servers.`,
		Example: `  phonenumbers secrets rotate`,
		Args:    arguments.None,
	}
	db := databaseFlag(command, existingDatabase)
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
				return fmt.Errorf("rotate secrets: stopped after %d passwords; run the command again to continue: %w", r.Passwords, err)
			}
			if t := arguments.ConsoleOf(c); t.JSON {
				return t.Document(struct {
					Passwords int      `json:"passwords"`
					KeyID     string   `json:"keyId"`
					Needed    []string `json:"keysStillNeeded"`
				}{r.Passwords, r.KeyID, append([]string{}, r.Needed...)})
			}
			fmt.Fprintf(c.OutOrStdout(), "passwords encrypted again: %d; all passwords now use the key with the id %s\n", r.Passwords, r.KeyID)
			if len(r.Needed) > 0 {
				fmt.Fprintf(c.OutOrStdout(), "other keys still needed: %s; run this command again in a day\n", strings.Join(r.Needed, ", "))
			}
			return nil
		})
	}
	return command
}
