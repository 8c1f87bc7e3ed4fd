package store

import (
	"embed"

	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Application describes the tables of this program.
var Application = sqldb.Application{
	Name:       "phonenumbers",
	Migrations: migrations,
	Tables:     []string{"workspaces", "api_keys", "phone_numbers", "sip_credentials", "inventory", "settings", "idempotency_keys"},
	Lock:       collationLock,
}

// Locks of transactions, as sqldb.DB.LockExclusive takes them.
const (
	firstAPIKeyLock = iota + 0x70686f6e65 // an arbitrary number that other programs on the database do not use
	inventoryLock
	secretsLock // shared by transactions that seal, because the check value of their key must stay
	collationLock
)
