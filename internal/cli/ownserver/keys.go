package ownserver

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/serve"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

func keysCommand() *cobra.Command {
	return arguments.Group(&cobra.Command{
		Use:   "keys",
		Short: "Create, list and revoke API keys",
		Long: `Create, list and revoke API keys. A key gives access to one workspace. A workspace cannot see the
numbers of another workspace. These commands access the database directly. You can run them while
servers are running.`,
	}, keysCreateCommand(), keysListCommand(), keysRevokeCommand())
}

func keysCreateCommand() *cobra.Command {
	var name, workspaceName string
	command := &cobra.Command{
		Use:   "create --name NAME",
		Short: "Create an API key and print it",
		Long: `Create an API key, and print only the key on stdout. The key is not shown again, because the
database stores only its hash.`,
		Example: `  phonenumbers keys create --name ci
  VOGENT_API_KEY=$(phonenumbers keys create --name alice --workspace sales)`,
		Args: arguments.None,
	}
	db := databaseFlag(command, newDatabase)
	command.Flags().StringVar(&name, "name", "", "the `NAME` of the key, which 'phonenumbers keys list' shows (required)")
	command.Flags().StringVar(&workspaceName, "workspace", "default", "the `NAME` of the workspace, created if it does not exist")
	command.RunE = func(c *cobra.Command, _ []string) error {
		if name == "" {
			return console.Usage(errors.New("--name is required; say what the key is for, such as ci"))
		}
		if err := errors.Join(workspace.CheckName("workspace", workspaceName), workspace.CheckName("key", name)); err != nil {
			return console.Usage(err)
		}
		if err := refuseInMemory(*db); err != nil {
			return err
		}
		return withStore(c.Context(), *db, func(st *store.Store) error {
			key, err := serve.Services(st).Workspaces.CreateKey(c.Context(), workspaceName, name)
			if err != nil {
				return err
			}
			if t := arguments.ConsoleOf(c); t.JSON {
				return t.Document(struct {
					Key       string `json:"key"`
					Name      string `json:"name"`
					Workspace string `json:"workspace"`
				}{key, name, workspaceName})
			}
			fmt.Fprintln(c.OutOrStdout(), key)
			return nil
		})
	}
	return command
}

func keysListCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "list",
		Short: "List the API keys, without their secrets",
		Long: `List the API keys, oldest first, without their secrets. Times are in UTC. The time when a key was
last used is rounded down to the minute. A running server saves it every few seconds.`,
		Args: arguments.None,
	}
	db := databaseFlag(command, existingDatabase)
	command.RunE = func(c *cobra.Command, _ []string) error {
		if err := refuseInMemory(*db); err != nil {
			return err
		}
		return withExistingStore(c.Context(), *db, func(st *store.Store) error {
			keys, err := st.APIKeys(c.Context())
			if err != nil {
				return fmt.Errorf("list keys: %w", err)
			}
			return showKeys(arguments.ConsoleOf(c), keys)
		})
	}
	return command
}

func keysRevokeCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "revoke ID",
		Short: "Revoke an API key permanently",
		Long: `Revoke an API key permanently. Running servers refuse the key within 5 seconds. To see the ids,
run 'phonenumbers keys list'.`,
		Args: arguments.One("give the id of one key; run 'phonenumbers keys list' to see the ids"),
	}
	db := databaseFlag(command, existingDatabase)
	command.RunE = func(c *cobra.Command, args []string) error {
		if err := refuseInMemory(*db); err != nil {
			return err
		}
		return withExistingStore(c.Context(), *db, func(st *store.Store) error {
			err := serve.Services(st).Workspaces.RevokeKey(c.Context(), args[0])
			if errors.Is(err, workspace.ErrKeyNotFound) {
				return fmt.Errorf("%w: %s; run 'phonenumbers keys list' to see the ids", err, args[0])
			}
			if t := arguments.ConsoleOf(c); t.JSON && err == nil {
				return t.Document(struct {
					Revoked string `json:"revoked"`
				}{args[0]})
			}
			return err
		})
	}
	return command
}

func showKeys(t *console.Console, keys []workspace.Key) error {
	if t.JSON {
		return t.Document(keysJSON(keys))
	}
	rows := t.Table("ID", "NAME", "WORKSPACE", "CREATED", "LAST USED", "REVOKED")
	for _, k := range keys {
		if err := rows.Row(k.ID, k.Name, k.Workspace.Name, minute(k.CreatedAt), minute(k.LastUsed), minute(k.RevokedAt)); err != nil {
			return err
		}
	}
	return rows.End()
}

func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

func keysJSON(keys []workspace.Key) any {
	type row struct {
		ID        string     `json:"id"`
		Name      string     `json:"name"`
		Workspace string     `json:"workspace"`
		CreatedAt time.Time  `json:"createdAt"`
		LastUsed  *time.Time `json:"lastUsedAt"` // null if never
		RevokedAt *time.Time `json:"revokedAt"`  // null if the key is valid
	}
	optional := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	rows := make([]row, len(keys))
	for i, k := range keys {
		rows[i] = row{k.ID, k.Name, k.Workspace.Name, k.CreatedAt, optional(k.LastUsed), optional(k.RevokedAt)}
	}
	return rows
}
