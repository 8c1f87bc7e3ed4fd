package sqldb

import "io/fs"

// Application describes a program and its tables.
type Application struct {
	Name       string   // the application_name of its connections to PostgreSQL
	Migrations fs.FS    // SQL files for goose in the folder migrations
	Tables     []string // created by the migrations, each after the tables that it refers to; other tables are not ours
	Lock       int64    // for LockExclusive, while a start changes tables outside the migrations
}
