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
		Short: "Back up the database, and move it to PostgreSQL",
	}, dbBackupCommand(), dbCopyCommand())
}

func dbBackupCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a SQLite database to a new file, while servers run",
		Long: `Write a SQLite database to a new file, as it is at one moment, while servers read and write it. The file is a database: to go
back to it, stop the servers, remove DB-wal and DB-shm, and put it in the place of DB. The secret key is not in it: back up
DB.key too, and keep it apart.

PostgreSQL has a program for this: pg_dump --format=custom --file=FILE "$PHONENUMBERS_DB"`,
		Example: `  phonenumbers db backup /backups/phonenumbers-$(date +%F).db`,
		Args:    arguments.One("give one file to write the backup to"),
	}
	db := databaseFlag(command, "the database that the server uses")
	command.RunE = func(c *cobra.Command, args []string) error {
		if err := refuseInMemory(*db); err != nil {
			return err
		}
		err := transfer.Backup(c.Context(), *db, args[0])
		if errors.Is(err, transfer.ErrNotSQLite) {
			return fmt.Errorf(`%w; PostgreSQL has a program for it: pg_dump --format=custom --file=FILE "$PHONENUMBERS_DB"`, err)
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
		noteKeyFile(t, *db, "the secret key is in %s and not in the backup; keep a copy of it apart")
		return nil
	}
	return command
}

func dbCopyCommand() *cobra.Command {
	var from, to string
	command := &cobra.Command{
		Use:   "copy --from FILE --to URL",
		Short: "Move everything from SQLite to PostgreSQL",
		Long: `Copy everything from a SQLite file to a PostgreSQL database: workspaces, API keys, numbers, SIP passwords, numbers for sale,
settings and idempotency keys. Stop the servers first, so that no write is left behind. The file stays as it is.

The target must have no workspaces. The copy is one transaction: one that is cut short has copied nothing, and is run again.
Before the commit each table is read back and compared with the source: its rows, and a digest of what is in them.

The SIP passwords stay encrypted with the key they have: start the servers with the content of FILE.key, or with the
PHONENUMBERS_SECRET_KEY from before, in PHONENUMBERS_SECRET_KEY.`,
		Example: `  phonenumbers db copy --from phonenumbers.db --to postgres://phonenumbers@db1/phonenumbers`,
		Args:    arguments.None,
	}
	command.Flags().StringVar(&from, "from", "", "the SQLite database `FILE` (required)")
	command.Flags().Var(arguments.Hidden(&to, "URL", database), "to", "the PostgreSQL database: a postgres:// URL")
	arguments.FromVariable(command, "to", "PHONENUMBERS_DB")
	command.RunE = func(c *cobra.Command, _ []string) error {
		switch {
		case from == "" || sqldb.IsPostgres(from):
			return console.Usage(errors.New("name the SQLite database file to copy with --from"))
		case !sqldb.IsPostgres(to):
			return console.Usage(errors.New("name the PostgreSQL database to copy to with --to postgres://... or in PHONENUMBERS_DB"))
		}
		t := arguments.ConsoleOf(c)
		copied, err := transfer.Copy(c.Context(), from, to, t.Progress)
		if _, older := errors.AsType[*sqldb.OlderError](err); older {
			return fmt.Errorf("%w; run `phonenumbers keys list --db` on it, which brings them up to date", err)
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
		noteKeyFile(t, from, "start the servers with the content of %s in PHONENUMBERS_SECRET_KEY")
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
