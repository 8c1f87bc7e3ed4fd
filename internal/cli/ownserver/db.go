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
		Long: `Back up a SQLite database to a new file. Servers can keep running; the backup has the state of a
single moment. It does not contain the secret key: back up DB.key too, and keep it in a different
place.

To restore the backup, stop the servers, remove DB-wal and DB-shm, and replace DB with the backup.

For PostgreSQL, use pg_dump: pg_dump --format=custom --file=FILE "$PHONENUMBERS_DB"`,
		Example: `  phonenumbers db backup /backups/phonenumbers-$(date +%F).db`,
		Args:    arguments.One("give one file for the backup"),
	}
	db := databaseFlag(command, "the database that the server uses")
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

The target must not have workspaces. The copy is one transaction: if it is interrupted, nothing is
copied, and you can run it again. Before it commits, the command reads back each table and compares
the number of rows and a digest of their contents with the source.

The SIP passwords stay encrypted with the same key. Before you start the servers, set
PHONENUMBERS_SECRET_KEY to the content of FILE.key. If it was set before, keep its value.`,
		Example: `  phonenumbers db copy --from phonenumbers.db --to postgres://phonenumbers@db1/phonenumbers`,
		Args:    arguments.None,
	}
	command.Flags().StringVar(&from, "from", "", "the SQLite database `FILE` (required)")
	command.Flags().Var(arguments.Hidden(&to, "URL", database), "to", "the PostgreSQL database: a postgres:// URL")
	arguments.FromVariable(command, "to", "PHONENUMBERS_DB")
	command.RunE = func(c *cobra.Command, _ []string) error {
		switch {
		case from == "" || sqldb.IsPostgres(from):
			return console.Usage(errors.New("name the SQLite file to copy with --from"))
		case !sqldb.IsPostgres(to):
			return console.Usage(errors.New("name the PostgreSQL database with --to postgres://... or in PHONENUMBERS_DB"))
		}
		t := arguments.ConsoleOf(c)
		copied, err := transfer.Copy(c.Context(), from, to, t.Progress)
		if _, older := errors.AsType[*sqldb.OlderError](err); older {
			return fmt.Errorf("%w; run `phonenumbers keys list --db` on it to update them", err)
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

// noteKeyFile says something of the key file beside a database, if there is one.
func noteKeyFile(t *console.Console, db, format string) {
	if _, err := os.Stat(db + ".key"); err == nil {
		t.Note(format, db+".key")
	}
}
