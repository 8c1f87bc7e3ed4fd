// Package storetest opens and fills stores for tests.
package storetest

import (
	"cmp"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// Key is a secret key.
const Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// Turn is how long a change waits for its turn in a test: the default is too short for a busy machine.
const Turn = time.Minute

// NewID returns a new UUIDv7.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// Open opens a store and closes it at the end of the test.
func Open(tb testing.TB, database string) *store.Store {
	tb.Helper()
	return OpenLimited(tb, database, sqldb.ConnectionLimits{})
}

// OpenLimited is Open for a server.
func OpenLimited(tb testing.TB, database string, l sqldb.ConnectionLimits) *store.Store {
	tb.Helper()
	l.Turn = cmp.Or(l.Turn, Turn)
	s, err := store.OpenLimited(tb.Context(), database, l)
	dbtest.Must(tb, err)
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// Unlocked opens a store with its secrets unlocked by Key.
func Unlocked(tb testing.TB, database string) *store.Store {
	tb.Helper()
	s := Open(tb, database)
	dbtest.Must(tb, s.Unlock(tb.Context(), Key))
	return s
}

// NewWorkspace makes a workspace and returns its id.
func NewWorkspace(tb testing.TB, s *store.Store, name string) string {
	tb.Helper()
	k := workspace.Key{ID: NewID(), Name: "test", Workspace: workspace.Workspace{ID: NewID(), Name: name}, CreatedAt: time.Now()}
	_, err := s.InsertAPIKey(tb.Context(), k, NewID(), false)
	dbtest.Must(tb, err)
	return k.Workspace.ID
}

// Insert adds a number to a workspace.
func Insert(tb testing.TB, s *store.Store, workspaceID, number string) phone.Number {
	tb.Helper()
	n := phone.Number{ID: NewID(), Number: number, Type: phone.PSTN}
	dbtest.Must(tb, s.InsertNumber(tb.Context(), workspaceID, n, nil, phone.Claim{}))
	return n
}

// InsertSIP adds a SIP address to a workspace.
func InsertSIP(tb testing.TB, s *store.Store, workspaceID, prefix, password string) (phone.Number, phone.SIPCredentials) {
	tb.Helper()
	n := phone.Number{ID: NewID(), Number: prefix, Type: phone.SIPUsername}
	c := phone.SIPCredentials{Username: "caller", Password: password, TerminationURI: "sip.example.com"}
	dbtest.Must(tb, s.InsertNumber(tb.Context(), workspaceID, n, &c, phone.Claim{}))
	return n, c
}
