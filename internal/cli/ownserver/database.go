package ownserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
)

// The usage of --db in commands for the database of a server.
const (
	existingDatabase = "the database of the server: the path of a SQLite file, or a postgres:// URL"
	newDatabase      = "the database of the server: the path of a SQLite file, created if it does not exist, or a postgres:// URL"
)

// databaseFlag adds --db to a command. The value can contain a password.
func databaseFlag(command *cobra.Command, usage string) *string {
	db := "phonenumbers.db"
	command.Flags().Var(arguments.Hidden(&db, "DATABASE", database), "db", usage)
	arguments.FromEnvironment(command, "db")
	return &db
}

func database(value string) error {
	switch scheme, _, isURL := strings.Cut(value, "://"); {
	case value == "":
		return arguments.NotEmpty(value)
	case isURL && !sqldb.IsPostgres(value):
		return fmt.Errorf("a %s:// URL is not supported; give the path of a SQLite file, or a postgres:// URL", scheme)
	}
	return nil
}

// refuseInMemory refuses a database that would be lost when the command ends.
func refuseInMemory(db string) error {
	if db == ":memory:" {
		return console.Usage(errors.New("a database in memory would be lost when this command ends; set --db to the database of the server"))
	}
	return nil
}

// withExistingStore is withStore, but it refuses a database that does not exist. That is most likely a mistake in --db.
func withExistingStore(ctx context.Context, db string, fn func(*store.Store) error) error {
	if _, err := os.Stat(db); !sqldb.IsPostgres(db) && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the database %s does not exist; set --db to the database of the server", db)
	}
	return withStore(ctx, db, fn)
}

// withStore opens the database, runs fn and closes it.
func withStore(ctx context.Context, db string, fn func(*store.Store) error) (failed error) {
	st, err := store.Open(ctx, db)
	if err != nil {
		return err
	}
	defer func() {
		if err := st.Close(); failed == nil && err != nil {
			failed = fmt.Errorf("close database: %w", err)
		}
	}()
	return fn(st)
}
