package sqldb

import "io/fs"

// Application is the program whose tables a database has.
type Application struct {
	Name       string   // the application_name of its connections to PostgreSQL
	Migrations fs.FS    // SQL files for goose in the folder migrations
	Tables     []string // that the migrations make, each after those it refers to; all else in the database is not ours
	Lock       int64    // for LockExclusive, while a start changes tables outside of the migrations
}
