package store

import (
	"embed"

	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Application is the tables of this program.
var Application = sqldb.Application{
	Name:       "phonenumbers",
	Migrations: migrations,
	Tables:     []string{"workspaces", "api_keys", "phone_numbers", "sip_credentials", "inventory", "settings", "idempotency_keys"},
	Lock:       collationLock,
}
