package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

// The tests of sqldb cover all of the limits.
func TestConnectionsHaveTheNameOfTheProgramAndTheLimitsOfAServer(t *testing.T) {
	s := storetest.OpenLimited(t, dbtest.Postgres(t), sqldb.ConnectionLimits{Statement: 1500 * time.Millisecond})
	for setting, want := range map[string]string{"application_name": "phonenumbers", "statement_timeout": "1500ms"} {
		got, err := sqldb.All(t.Context(), s.DB().Reader(), sqldb.ScanString, "SHOW "+setting)
		dbtest.Must(t, err)
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q; want %q", setting, got, want)
		}
	}
}

// Text is ordered by its bytes, whatever the language of the database. So the ids are ordered by their age.
func TestTextIsOrderedByItsBytes(t *testing.T) {
	database := dbtest.Postgres(t)
	storetest.Open(t, database)
	all, collated := textColumns(t, database)
	if collated != all {
		t.Errorf("got %d of %d columns ordered by their bytes; want all; is each table in Application.Tables?", collated, all)
	}
	if all < 20 {
		t.Errorf("got %d columns; want 20 or more", all)
	}
}

// If a caller gives up while its commit waits for the standby, no one may see the commit before the standby has it. A reader
// would take it as done, but it can still be lost.
func TestACommitThatWasGivenUpIsNotSeenBeforeItIsSafe(t *testing.T) {
	pair := dbtest.NewFailover(t, true)
	s := storetest.Unlocked(t, pair.URL())
	w := storetest.NewWorkspace(t, s, "w")
	linked := storetest.Insert(t, s, w, "+14155550100")
	pair.Cut(t)
	defer pair.Kill(t) // a normal stop would wait for the standby, which is cut off
	n := phone.Number{ID: storetest.NewID(), Number: "+14155550101", Type: phone.PSTN}
	for what, write := range map[string]func(context.Context) error{
		"insert": func(ctx context.Context) error { return s.InsertNumber(ctx, w, n, nil, phone.Claim{}) },
		"link": func(ctx context.Context) error {
			_, err := s.UpdateNumber(ctx, w, linked.ID, link("agent"))
			return err
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		if err := write(ctx); !errors.Is(err, phone.ErrStorageUnavailable) {
			t.Errorf("%s: got %v; want %v", what, err, phone.ErrStorageUnavailable)
		}
		cancel()
	}
	for range 20 { // a request to cancel the commit would have arrived by the end
		if got, err := s.Number(t.Context(), w, n.ID); !errors.Is(err, phone.ErrNotFound) {
			t.Fatalf("a number that is on the primary only: got %+v, %v; want %v", got, err, phone.ErrNotFound)
		}
		if got, err := s.Number(t.Context(), w, linked.ID); err != nil || got.AgentID != "" {
			t.Fatalf("a link that is on the primary only: got %+v, %v; want no agent", got, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestPostgreSQLNeedsItsKeyFromTheEnvironment(t *testing.T) {
	s := storetest.Open(t, dbtest.Postgres(t))
	err := s.Unlock(t.Context(), "")
	if err == nil {
		t.Fatal("got no error; want one")
	}
	for _, want := range []string{store.SecretKeyVariable, "openssl rand"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got the error %q; want %q in it", err, want)
		}
	}
}

// The plans of PostgreSQL mean something only if the table is large and analyzed.
func TestEveryListOfPostgreSQLUsesAnIndexAndSortsNothing(t *testing.T) {
	database := dbtest.Postgres(t)
	s, db := storetest.Unlocked(t, database), dbtest.Connect(t, database)
	w, other := storetest.NewWorkspace(t, s, "w"), storetest.NewWorkspace(t, s, "other")
	_, err := db.ExecContext(t.Context(), `
		INSERT INTO phone_numbers (workspace_id, id, number, number_key, type, agent_id)
		SELECT CASE WHEN n % 10 = 0 THEN $2 ELSE $1 END, 'id-' || n, '+1415' || n, '+1415' || n,
		       CASE WHEN n % 100 = 0 THEN 'SIP_USERNAME' ELSE 'PSTN' END, CASE WHEN n % 3 = 0 THEN '' ELSE 'agent_' || n % 50 END
		FROM generate_series(1000000, 1050000) AS n`, w, other)
	dbtest.Must(t, err)
	_, err = db.ExecContext(t.Context(), `ANALYZE`)
	dbtest.Must(t, err)
	for name, f := range everyFilter() {
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} { // a server uses the first mode, then perhaps the second
			query, args := store.NumbersQuery(sqldb.PostgreSQL, w, f, "id-1025000", 101)
			plan := explain(t, db, mode, query, args)
			nodes := map[string]bool{"Index": true, "Sort  (": false, "Seq Scan": false}
			if f.AgentID != nil {
				nodes["Filter:"] = false // it could skip any number of rows
			}
			for node, want := range nodes {
				if got := strings.Contains(plan, node); got != want {
					t.Errorf("%s, %s: the plan has %s: %t; want %t\n%s", name, mode, node, got, want, plan)
				}
			}
		}
	}
}

func TestASearchOfPostgreSQLReadsOnlyItsRange(t *testing.T) {
	t.Parallel()
	database := dbtest.Postgres(t)
	s, db := storetest.Unlocked(t, database), dbtest.Connect(t, database)
	_, err := db.ExecContext(t.Context(), `INSERT INTO inventory (number) SELECT '+1415' || n FROM generate_series(1000000, 1050000) AS n`)
	dbtest.Must(t, err)
	_, err = db.ExecContext(t.Context(), `
		INSERT INTO phone_numbers (workspace_id, id, number, number_key, type, agent_id)
		SELECT $1, number, number, number, 'PSTN', '' FROM inventory WHERE number NOT LIKE '%99'`, storetest.NewWorkspace(t, s, "w"))
	dbtest.Must(t, err)
	_, err = db.ExecContext(t.Context(), `VACUUM ANALYZE`)
	dbtest.Must(t, err)
	for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
		plan := explain(t, db, mode, store.SelectForSale, []any{"+14151025", "+14151025999", 10})
		scans, limited := strings.Count(plan, "Scan"), strings.Count(plan, "Index Cond: ")
		if scans != 2 || limited != 2 || strings.Contains(plan, "Seq Scan") {
			t.Errorf("%s: the plan has %d scans, %d of them limited; want 2, both limited\n%s", mode, scans, limited, plan)
		}
	}
}

func explain(t *testing.T, db *sql.DB, mode, query string, args []any) string {
	t.Helper()
	literals := make([]string, len(args))
	for i, arg := range args {
		literals[i] = fmt.Sprintf("'%v'", arg)
	}
	list := `"` + storetest.NewID() + `"`
	session, err := db.Conn(t.Context())
	dbtest.Must(t, err)
	defer session.Close() //nolint:errcheck // everything that matters was read
	for _, statement := range []string{"SET plan_cache_mode = " + mode, "PREPARE " + list + " AS " + query} {
		_, err := session.ExecContext(t.Context(), statement)
		dbtest.Must(t, err)
	}
	plan, err := sqldb.All(t.Context(), session, sqldb.ScanString, "EXPLAIN EXECUTE "+list+" ("+strings.Join(literals, ", ")+")")
	dbtest.Must(t, err)
	return strings.Join(plan, "\n")
}

// A rotation must not remove the check of a key while that key seals its first secret.
func TestWhoSealsWaitsForARotation(t *testing.T) {
	s := storetest.Unlocked(t, dbtest.Postgres(t))
	w := storetest.NewWorkspace(t, s, "w")
	seals := map[string]func(context.Context) error{
		"a password": func(ctx context.Context) error {
			n := phone.Number{ID: storetest.NewID(), Number: "desk", Type: phone.SIPUsername}
			return s.InsertNumber(ctx, w, n, &phone.SIPCredentials{Username: "caller", Password: "password"}, phone.Claim{})
		},
		"a fingerprint": func(ctx context.Context) error {
			_, err := s.ClaimIdempotencyKey(ctx, phone.Claim{WorkspaceID: w, Key: "k", Token: "me"}, []byte("request"), time.Now(), time.Minute, time.Hour)
			return err
		},
	}
	dbtest.Must(t, s.Write(t.Context(), func(tx sqldb.Querier) error {
		if err := s.DB().LockExclusive(t.Context(), tx, store.SecretsLock); err != nil {
			return err
		}
		for what, seal := range seals {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			if err := seal(ctx); !errors.Is(err, phone.ErrStorageUnavailable) {
				t.Errorf("%s beside a rotation: got %v; want %v", what, err, phone.ErrStorageUnavailable)
			}
			cancel()
		}
		storetest.Insert(t, s, w, "+14155550100") // this seals nothing, so it does not wait
		return nil
	}))
	for what, seal := range seals {
		if err := seal(t.Context()); err != nil {
			t.Errorf("%s after the rotation: got %v; want no error", what, err)
		}
	}
}

// Several servers can save at the same time when the same keys were last used. They must not wait for each other.
func TestServersThatTouchTheSameKeys(t *testing.T) {
	database := dbtest.Postgres(t)
	s := storetest.Open(t, database)
	used := map[string]time.Time{}
	for range 50 {
		storetest.NewWorkspace(t, s, storetest.NewID())
	}
	keys, err := s.APIKeys(t.Context())
	dbtest.Must(t, err)
	for _, k := range keys {
		used[k.ID] = time.Now()
	}
	var servers sync.WaitGroup
	for range 8 {
		servers.Go(func() {
			for i := range 10 {
				mine := map[string]time.Time{}
				for id, at := range used {
					mine[id] = at.Add(time.Duration(i) * time.Minute)
				}
				if err := s.TouchAPIKeys(t.Context(), mine); err != nil {
					t.Error(err)
				}
			}
		})
	}
	servers.Wait()
}
