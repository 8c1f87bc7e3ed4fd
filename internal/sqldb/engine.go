package sqldb

import "github.com/pressly/goose/v3"

// The names of the engines.
const (
	SQLite     = "SQLite"
	PostgreSQL = "PostgreSQL"
)

// engine has the differences between database systems in statements. sqlite.go and postgres.go open databases, and errors.go
// reads errors.
type engine struct {
	name       string
	dialect    goose.Dialect
	tries      int    // how many times a start tries to migrate
	collate    string // selects a statement for each of the tables $1 that has text columns not sorted by bytes
	exclusive  string // takes the lock $1 until the transaction ends; empty if transactions take turns anyway
	shared     string // takes the same lock in shared mode
	lockTables string // blocks other writers of the tables that follow until the transaction ends
}

var sqliteEngine = engine{
	name:    SQLite,
	dialect: goose.DialectSQLite3,
	// If two processes create the same database at once, one of them fails because a table already exists. Its second try
	// succeeds. SQLite has no session lock that could prevent this.
	tries: 5,
}

var postgresEngine = engine{
	name:    PostgreSQL,
	dialect: goose.DialectPostgres,
	tries:   1,
	// The collation of the database would sort ids by the rules of a language (in Danish, aa comes last). An update of the
	// operating system can change these rules and so break an index.
	collate: `
		SELECT format('ALTER TABLE %I.%I ', table_schema, table_name)
		    || string_agg(format('ALTER COLUMN %I TYPE text COLLATE "C"', column_name), ', ' ORDER BY ordinal_position)
		FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = ANY ($1::text[])
		  AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
		GROUP BY table_schema, table_name ORDER BY table_name`,
	exclusive:  `SELECT pg_advisory_xact_lock($1)`,
	shared:     `SELECT pg_advisory_xact_lock_shared($1)`,
	lockTables: `LOCK TABLE %s IN EXCLUSIVE MODE`,
}
