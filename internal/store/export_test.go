package store

import (
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

// These are the internals that the tests use.

const (
	RotatedAtOnce = rotatedAtOnce
	SecretsLock   = secretsLock
	NumberColumns = numberColumns
	SelectForSale = selectForSale
)

var (
	NumbersQuery    = numbersQuery
	PasswordContext = passwordContext
)

func (s *Store) DB() *sqldb.DB { return s.db }

func (s *Store) SecretKeyIDs() []string { return s.secrets.IDs() }

// SIPCredentials reads what InsertNumber has sealed.
func (s *Store) SIPCredentials(t *testing.T, workspaceID, id string) (c phone.SIPCredentials) {
	t.Helper()
	rows, err := s.db.Reader().QueryContext(t.Context(), `
		SELECT username, password, termination_uri FROM sip_credentials
		WHERE workspace_id = $1 AND number_id = $2`, workspaceID, id)
	dbtest.Must(t, err)
	defer rows.Close() //nolint:errcheck // everything that matters was read
	if !rows.Next() {
		t.Fatalf("number %s has no SIP credentials: %v", id, rows.Err())
	}
	var sealed string
	dbtest.Must(t, rows.Scan(&c.Username, &sealed, &c.TerminationURI))
	c.Password, err = s.secrets.Open(sealed, passwordContext(workspaceID, id))
	dbtest.Must(t, err)
	return c
}
