package sqldb

import "io/fs"

// Application is the program whose tables a database has.
type Application struct {
	Name       string   // the application_name of its connections to PostgreSQL
	Migrations fs.FS    // SQL files for goose in the folder migrations
	Tables     []string // those that the migrations make, each after those that it refers to. What else is in the database is not ours
	Lock       int64    // a lock as in LockExclusive, for changes of tables that are no migration
}
