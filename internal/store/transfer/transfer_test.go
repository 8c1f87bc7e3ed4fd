package transfer

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

// silent is a Progress that shows nothing.
func silent(int, string) (step, stop func()) { return func() {}, func() {} }

// fill puts something into each table.
func fill(t *testing.T, s *store.Store) (workspaceID string) {
	t.Helper()
	w, other := storetest.NewWorkspace(t, s, "w"), storetest.NewWorkspace(t, s, "Ünïcode 電話")
	for i := range 207 {
		storetest.Insert(t, s, []string{w, other}[i%2], fmt.Sprintf("+1415%07d", i))
	}
	storetest.InsertSIP(t, s, w, "desk", "correct horse")
	claim := phone.Claim{WorkspaceID: w, Key: "answered", Token: "me"}
	_, err := s.ClaimIdempotencyKey(t.Context(), claim, []byte("request"), time.Now(), time.Minute, time.Hour)
	dbtest.Must(t, err)
	dbtest.Must(t, s.InsertNumber(t.Context(), w, phone.Number{ID: storetest.NewID(), Number: "+14165550100", Type: phone.PSTN}, nil, claim))
	_, err = s.ClaimIdempotencyKey(t.Context(), phone.Claim{WorkspaceID: w, Key: "in progress", Token: "me"}, []byte("request"), time.Now(), time.Minute, time.Hour)
	dbtest.Must(t, err)
	keys, err := s.APIKeys(t.Context())
	dbtest.Must(t, err)
	dbtest.Must(t, s.TouchAPIKeys(t.Context(), map[string]time.Time{keys[0].ID: time.Now()}))
	dbtest.Must(t, s.RevokeAPIKey(t.Context(), keys[1].ID, time.Now()))
	_, err = s.AddToInventory(t.Context(), slices.Values([]string{"+14155550199", "+442079460000"}), true)
	dbtest.Must(t, err)
	return w
}

// filled returns a closed SQLite database with something in each table.
func filled(t *testing.T) (path, workspaceID string) {
	t.Helper()
	path = dbtest.SQLite(t)
	s, err := store.Open(t.Context(), path)
	dbtest.Must(t, err)
	dbtest.Must(t, s.Unlock(t.Context(), storetest.Key))
	workspaceID = fill(t, s)
	dbtest.Must(t, s.Close())
	return path, workspaceID
}

// contents returns all tables of a database with their digests.
func contents(t *testing.T, database string) (read []CopiedTable) {
	t.Helper()
	tx, err := dbtest.Connect(t, database).BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	dbtest.Must(t, err)
	defer tx.Rollback() //nolint:errcheck // it was only read
	for _, table := range store.Application.Tables {
		one, err := eachRow(t.Context(), tx, table, columnsOf(t, tx, database, table), func([]any) error { return nil })
		dbtest.Must(t, err)
		read = append(read, one)
	}
	return read
}

// columnsOf returns the columns of a table, sorted by name.
func columnsOf(t *testing.T, tx *sql.Tx, database, table string) []string {
	t.Helper()
	query := `SELECT name FROM pragma_table_info($1) ORDER BY name`
	if sqldb.IsPostgres(database) {
		query = `
			SELECT column_name FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = $1 ORDER BY column_name COLLATE "C"`
	}
	columns, err := sqldb.All(t.Context(), tx, sqldb.ScanString, query, table)
	dbtest.Must(t, err)
	return columns
}

func fileHash(t *testing.T, path string) [32]byte {
	t.Helper()
	content, err := os.ReadFile(path)
	dbtest.Must(t, err)
	return sha256.Sum256(content)
}
