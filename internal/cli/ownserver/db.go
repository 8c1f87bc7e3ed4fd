package ownserver

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store/transfer"
)

func dbCommand() *cobra.Command {
	return arguments.Group(&cobra.Command{
		Use:   "db",
		Short: "Back up the database, or copy it to PostgreSQL",
	}, dbBackupCommand(), dbCopyCommand())
}

func dbBackupCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "backup FILE",
		Short: "Back up a SQLite database to a new file",
		Long: `Back up a SQLite database to a new file. Servers can keep running: the backup is a snapshot of a
single moment. It does not contain the secret key. Back up the key file too, and keep it in a
different place. The key file of phonenumbers.db is phonenumbers.db.key.

To restore a backup of phonenumbers.db, stop the servers, delete phonenumbers.db-wal and
phonenumbers.db-shm, and replace phonenumbers.db with the backup.

For PostgreSQL, use pg_dump: pg_dump --format=custom --file=FILE "$PHONENUMBERS_DB"`,
		Example: `  phonenumbers db backup /backups/phonenumbers-$(date +%F).db`,
		Args:    arguments.One("give the path of the new backup file"),
	}
	db := databaseFlag(command, "the database to back up: the path of a SQLite file")
	command.RunE = func(c *cobra.Command, args []string) error {
		if err := refuseInMemory(*db); err != nil {
			return err
		}
		err := transfer.Backup(c.Context(), *db, args[0])
		if errors.Is(err, transfer.ErrNotSQLite) {
			return fmt.Errorf(`%w; for PostgreSQL, use pg_dump: pg_dump --format=custom --file=FILE "$PHONENUMBERS_DB"`, err)
		}
		if err != nil {
			return err
		}
		t := arguments.ConsoleOf(c)
		if t.JSON {
			return t.Document(struct {
				File string `json:"file"`
			}{args[0]})
		}
		noteKeyFile(t, *db, "the backup does not contain the secret key; back up %s too, and keep it in a different place")
		return nil
	}
	return command
}

func dbCopyCommand() *cobra.Command {
	var from, to string
	command := &cobra.Command{
		Use:   "copy --from FILE --to URL",
		Short: "Copy everything from SQLite to PostgreSQL",
		Long: `Copy everything from a SQLite file to a PostgreSQL database: workspaces, API keys, numbers, SIP
passwords, numbers for sale, settings and idempotency keys. Stop the servers first, so that the copy
includes every change. The SQLite file is not changed.

The target must not have any workspaces. The copy is one transaction: if it is interrupted, nothing
is copied, and you can run the command again. Before the commit, the command reads back each table
and compares the number of rows and a digest of their contents with the source.

The SIP passwords stay encrypted with the same key. Before you start the servers, set
PHONENUMBERS_SECRET_KEY to the content of the key file, which is FILE.key. If the variable was
already set, keep its value.`,
		Example: `  phonenumbers db copy --from phonenumbers.db --to postgres://phonenumbers@db1/phonenumbers`,
		Args:    arguments.None,
	}
	command.Flags().StringVar(&from, "from", "", "the SQLite database `FILE` (required)")
	command.Flags().Var(arguments.Hidden(&to, "URL", database), "to", "the postgres:// URL of the PostgreSQL database")
	arguments.FromVariable(command, "to", "PHONENUMBERS_DB")
	command.RunE = func(c *cobra.Command, _ []string) error {
		switch {
		case from == "" || sqldb.IsPostgres(from):
			return console.Usage(errors.New("--from is required; give the SQLite file to copy"))
		case !sqldb.IsPostgres(to):
			return console.Usage(errors.New("--to is required; give the postgres:// URL of the PostgreSQL database, or set PHONENUMBERS_DB to it"))
		}
		t := arguments.ConsoleOf(c)
		copied, err := transfer.Copy(c.Context(), from, to, t.Progress)
		if _, older := errors.AsType[*sqldb.OlderError](err); older {
			return fmt.Errorf("%w; to update them, run 'phonenumbers keys list --db %s'", err, from)
		}
		if err != nil {
			return err
		}
		if t.JSON {
			return t.Document(struct {
				Tables []transfer.CopiedTable `json:"tables"`
			}{copied})
		}
		rows := t.Table("TABLE", "ROWS", "DIGEST")
		for _, table := range copied {
			if err := rows.Row(table.Table, strconv.Itoa(table.Rows), table.Digest); err != nil {
				return err
			}
		}
		if err := rows.End(); err != nil {
			return err
		}
		noteKeyFile(t, from, "set PHONENUMBERS_SECRET_KEY to the content of %s before you start the servers")
		return nil
	}
	return command
}

// noteKeyFile prints a note about the key file of a database, if there is one.
func noteKeyFile(t *console.Console, db, format string) {
	if _, err := os.Stat(db + ".key"); err == nil {
		t.Note(format, db+".key")
	}
}
