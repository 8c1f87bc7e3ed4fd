package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

// What is PostgreSQL's own: many writers, many processes, limits, hosts.

func TestProcessesThatStartAtOnceOnPostgreSQL(t *testing.T) {
	database := dbtest.Postgres(t)
	for _, failure := range startAtOnce(t, 50, openVariable+"="+database) {
		t.Error(failure)
	}
	must(t, open(t, database).Ping(t.Context()))
}

// The control: without the lock, processes that migrate at once get into each other's way, and the test above sees it.
func TestTheStartTestSeesMigrationsWithoutALock(t *testing.T) {
	for range 5 {
		if failures := startAtOnce(t, 50, openVariable+"="+dbtest.Postgres(t), unlockedVariable+"=1"); len(failures) > 0 {
			return
		}
	}
	t.Error("5 times 50 unlocked processes have all started; the control shows nothing")
}

// connectionState asks for a setting of a connection.
func connectionState(t *testing.T, s *Store, setting string) string {
	t.Helper()
	var value string
	must(t, s.reader.QueryRowContext(t.Context(), "SHOW "+setting).Scan(&value))
	return value
}

func TestEveryConnectionToPostgreSQLIsLimited(t *testing.T) {
	database := dbtest.Postgres(t)
	s := openLimited(t, database, Limits{Connections: 3, Statement: 1500 * time.Millisecond})
	for setting, want := range map[string]string{
		"statement_timeout": "1500ms", "application_name": "phonenumbers", "idle_in_transaction_session_timeout": "30s",
	} {
		if got := connectionState(t, s, setting); got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
	if most := s.writer.Stats().MaxOpenConnections; most != 3 {
		t.Errorf("at most %d connections", most)
	}
	named := open(t, dbtest.With(database, "application_name=mine"))
	if got := connectionState(t, named, "application_name"); got != "mine" {
		t.Errorf("what the URL says is not kept: %s", got)
	}
	if got := connectionState(t, named, "statement_timeout"); got != "0" {
		t.Errorf("a command has the statement timeout %s", got)
	}
}

func TestAStatementThatTakesTooLongIsGivenUp(t *testing.T) {
	database := dbtest.Postgres(t)
	s := openLimited(t, database, Limits{Statement: 100 * time.Millisecond})
	must(t, s.Unlock(t.Context(), testKey))
	w := newWorkspace(t, s, "w")
	n := insert(t, s, w, "+14155550100")

	other := open(t, database)
	tx, err := other.writer.BeginTx(t.Context(), nil)
	must(t, err)
	_, err = tx.ExecContext(t.Context(), `UPDATE phone_numbers SET agent_id = 'theirs'`)
	must(t, err)
	if _, err := s.UpdateNumber(t.Context(), w, n.ID, link("agent")); !errors.Is(err, phone.ErrStorageUnavailable) {
		t.Errorf("got %v", err)
	}
	if got, err := s.Number(t.Context(), w, n.ID); err != nil || got != n {
		t.Errorf("read %+v, %v", got, err)
	}
	must(t, tx.Rollback())
	_, err = s.UpdateNumber(t.Context(), w, n.ID, link("agent"))
	must(t, err)
}

// A request that comes when all connections are taken is told so in time.
func TestWritersThatFindNoConnectionAreTold(t *testing.T) {
	t.Parallel() // it waits for seconds
	database := dbtest.Postgres(t)
	s := openLimited(t, database, Limits{Connections: 1})
	w := newWorkspace(t, s, "w")
	n := insert(t, s, w, "+14155550100")
	taken, err := s.writer.Conn(t.Context())
	must(t, err)
	start := time.Now()
	if _, err := s.UpdateNumber(t.Context(), w, n.ID, link("agent")); !errors.Is(err, phone.ErrStorageUnavailable) {
		t.Errorf("got %v after %v", err, time.Since(start))
	}
	must(t, taken.Close())
	_, err = s.UpdateNumber(t.Context(), w, n.ID, link("agent"))
	must(t, err)
}

// The order of text is that of its bytes, whatever the language of the database, and so that of the ids is their age.
func TestTextIsOrderedByItsBytes(t *testing.T) {
	s := open(t, dbtest.Postgres(t))
	var all, collated int
	must(t, s.reader.QueryRowContext(t.Context(), `
		SELECT count(*), count(*) FILTER (WHERE collation_name = 'C') FROM information_schema.columns
		WHERE table_schema = current_schema() AND data_type = 'text' AND table_name <> 'goose_db_version'`).Scan(&all, &collated))
	if all != collated || all < 20 {
		t.Errorf("got %d of %d columns ordered by their bytes; want all, and 20 or more; is each table in tables of migrate.go?", collated, all)
	}
}

// What others keep in the database is theirs.
func TestOthersInTheDatabaseAreLeftAlone(t *testing.T) {
	database := dbtest.Postgres(t)
	db, err := sql.Open("pgx", database)
	must(t, err)
	defer db.Close() //nolint:errcheck // what counts was asked
	_, err = db.ExecContext(t.Context(), `
		CREATE TABLE theirs (name TEXT); CREATE VIEW their_view AS SELECT name FROM theirs;
		CREATE SCHEMA their_schema; CREATE TABLE their_schema.settings (name TEXT)`)
	must(t, err)
	s := open(t, database)
	var altered int
	must(t, s.reader.QueryRowContext(t.Context(), `
		SELECT count(*) FROM information_schema.columns
		WHERE (table_schema = 'their_schema' OR table_name LIKE 'their%') AND collation_name = 'C'`).Scan(&altered))
	if altered > 0 {
		t.Errorf("%d columns of other tables have another order now; want 0", altered)
	}
}

// A commit that waits for its standby when its caller gives up must not be seen before the standby has it: whoever sees it
// would be told that it is done, and it can still be lost.
func TestACommitThatWasGivenUpIsNotSeenBeforeItIsSafe(t *testing.T) {
	pair := dbtest.NewFailover(t, true)
	s := unlocked(t, pair.URL())
	w := newWorkspace(t, s, "w")
	linked := insert(t, s, w, "+14155550100")
	pair.Cut(t)
	defer pair.Kill(t) // it would wait for what is cut off
	n := phone.Number{ID: newID(), Number: "+14155550101", Type: phone.PSTN}
	for what, write := range map[string]func(context.Context) error{
		"insert": func(ctx context.Context) error { return s.InsertNumber(ctx, w, n, nil, phone.Claim{}) },
		"link": func(ctx context.Context) error {
			_, err := s.UpdateNumber(ctx, w, linked.ID, link("agent"))
			return err
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		if err := write(ctx); !errors.Is(err, phone.ErrStorageUnavailable) {
			t.Errorf("%s: got %v", what, err)
		}
		cancel()
	}
	for range 20 { // a request to cancel would have come by now
		if got, err := s.Number(t.Context(), w, n.ID); !errors.Is(err, phone.ErrNotFound) {
			t.Fatalf("what is on the primary only is seen: %+v, %v", got, err)
		}
		if got, err := s.Number(t.Context(), w, linked.ID); err != nil || got.AgentID != "" {
			t.Fatalf("what is on the primary only is seen: %+v, %v", got, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// A host that was once out of reach must not be talked to in plain text from then on.
func TestAHostWithAndWithoutTLSIsOneHost(t *testing.T) {
	for _, query := range []string{"", "?sslmode=prefer", "?sslmode=allow", "?sslmode=disable", "?sslmode=require"} {
		config, err := postgresConfig("postgres://127.0.0.1:1,127.0.0.1:2/x" + query)
		must(t, err)
		if got := len(newHosts(config).each); got != 2 {
			t.Errorf("%q: %d hosts, want 2", query, got)
		}
	}
}

// A host that is silent is asked no more once another one has worked, by many at once neither.
func TestTheHostThatWorkedIsAskedFirst(t *testing.T) {
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // it takes connections and says nothing
	must(t, err)
	defer silent.Close() //nolint:errcheck // it was only in the way
	good, err := url.Parse(dbtest.Postgres(t))
	must(t, err)
	good.Host = silent.Addr().String() + "," + good.Host
	s := open(t, dbtest.With(good.String(), "connect_timeout=2"))
	s.reader.SetMaxIdleConns(0) // each read connects anew
	must(t, s.Ping(t.Context()))
	start := time.Now()
	var reads sync.WaitGroup
	for range 8 {
		reads.Go(func() {
			if err := s.Ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	reads.Wait()
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("8 reads took %v", took)
	}
}

func TestPostgreSQLNeedsItsKeyFromTheEnvironment(t *testing.T) {
	s := open(t, dbtest.Postgres(t))
	err := s.Unlock(t.Context(), "")
	if err == nil || !strings.Contains(err.Error(), SecretKeyVariable) || !strings.Contains(err.Error(), "openssl rand") {
		t.Errorf("got %v", err)
	}
}

func TestURLsThatDoNotWork(t *testing.T) {
	for name, database := range map[string]string{
		"no such host":                       "postgres://me:canary-secret@127.0.0.1:1/x?sslmode=disable",
		"a port that is no number":           "postgres://me:canary-secret@127.0.0.1:x/x",
		"an unknown mode":                    "postgres://me:canary-secret@127.0.0.1/x?sslmode=sometimes",
		"a bad escape":                       "postgres://me:canary-secret@127.0.0.1/%zz",
		"a wrong attribute":                  "postgres://me:canary-secret@127.0.0.1/x?target_session_attrs=any-thing",
		"no certificate":                     "postgres://me:canary-secret@127.0.0.1/x?sslmode=verify-full&sslrootcert=/nowhere",
		"digits and a slash in the password": "postgres://me:12/canary@127.0.0.1/x?sslmode=disable",
		"an @ in the password":               "postgres://me:p@canary@127.0.0.1/x?sslmode=disable",
		"an @ and a port in the password":    "postgres://me:p@canary:1/x@127.0.0.1/x?sslmode=disable",
		"a comma in the password":            "postgres://me:1,canary/x@127.0.0.1/x?sslmode=disable",
		"a password that is no parameter":    "postgres://127.0.0.1/x?Password=canary&sslmode=sometimes",
		"a password with a slash":            "postgres://me:canary-secret/x@127.0.0.1/x?sslmode=disable",
	} {
		_, err := Open(t.Context(), database)
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TLS is asked for as libpq does.
func TestConnectionsAreEncryptedAsTheURLSays(t *testing.T) {
	cluster, root := dbtest.NewTLSCluster(t)
	_, otherRoot := dbtest.NewTLSCluster(t)
	for query, want := range map[string]string{
		"sslmode=disable": "plain",
		"sslmode=require": "TLS",
		"":                "TLS", // sslmode=prefer
		"sslmode=verify-full&sslrootcert=" + root:      "TLS",
		"sslmode=verify-full&sslrootcert=" + otherRoot: "certificate",
		"sslmode=verify-full":                          "certificate",
	} {
		database := cluster.URL()
		database.RawQuery = query
		s, err := Open(t.Context(), database.String())
		got := fmt.Sprint(err)
		if err == nil {
			must(t, s.reader.QueryRowContext(t.Context(), `
				SELECT CASE WHEN ssl THEN 'TLS' ELSE 'plain' END FROM pg_stat_ssl WHERE pid = pg_backend_pid()`).Scan(&got))
			must(t, s.Close())
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// Plans of PostgreSQL mean something only where a table is large and analysed.
func TestEveryListOfPostgreSQLUsesAnIndexAndSortsNothing(t *testing.T) {
	s := unlocked(t, dbtest.Postgres(t))
	w, other := newWorkspace(t, s, "w"), newWorkspace(t, s, "other")
	_, err := s.writer.ExecContext(t.Context(), `
		INSERT INTO phone_numbers (workspace_id, id, number, number_key, type, agent_id)
		SELECT CASE WHEN n % 10 = 0 THEN $2 ELSE $1 END, 'id-' || n, '+1415' || n, '+1415' || n,
		       CASE WHEN n % 100 = 0 THEN 'SIP_USERNAME' ELSE 'PSTN' END, CASE WHEN n % 3 = 0 THEN '' ELSE 'agent_' || n % 50 END
		FROM generate_series(1000000, 1050000) AS n`, w, other)
	must(t, err)
	_, err = s.writer.ExecContext(t.Context(), `ANALYZE`)
	must(t, err)
	for name, f := range everyFilter() {
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} { // a server has the one, then perhaps the other
			plan := explain(t, s, mode, w, f)
			if !strings.Contains(plan, "Index") || strings.Contains(plan, "Sort") || strings.Contains(plan, "Seq Scan") {
				t.Errorf("%s, %s: %s", name, mode, plan)
			}
		}
	}
}

func explain(t *testing.T, s *Store, mode, workspaceID string, f phone.Filter) string {
	t.Helper()
	query, args := numbersQuery(workspaceID, f, "id-1025000", 101)
	literals := make([]string, len(args))
	for i, arg := range args {
		literals[i] = fmt.Sprintf("'%v'", arg)
	}
	list := `"` + newID() + `"`
	session, err := s.reader.Conn(t.Context())
	must(t, err)
	defer session.Close() //nolint:errcheck // what counts was asked
	for _, statement := range []string{"SET plan_cache_mode = " + mode, "PREPARE " + list + " AS " + query} {
		_, err := session.ExecContext(t.Context(), statement)
		must(t, err)
	}
	rows, err := session.QueryContext(t.Context(), "EXPLAIN EXECUTE "+list+" ("+strings.Join(literals, ", ")+")")
	plan, err := all(rows, err, scanString)
	must(t, err)
	return strings.Join(plan, "\n")
}

// The check of a key must not be removed beside the first thing that it seals.
func TestWhoSealsWaitsForARotation(t *testing.T) {
	s := unlocked(t, dbtest.Postgres(t))
	w := newWorkspace(t, s, "w")
	seals := map[string]func(context.Context) error{
		"a password": func(ctx context.Context) error {
			n := phone.Number{ID: newID(), Number: "desk", Type: phone.SIPUsername}
			return s.InsertNumber(ctx, w, n, &phone.SIPCredentials{Username: "caller", Password: "password"}, phone.Claim{})
		},
		"a fingerprint": func(ctx context.Context) error {
			_, err := s.ClaimKey(ctx, phone.Claim{WorkspaceID: w, Key: "k", Token: "me"}, []byte("request"), time.Now(), time.Minute, time.Hour)
			return err
		},
	}
	must(t, s.write(t.Context(), func(tx querier) error {
		if err := s.alone(t.Context(), tx, secretsLock); err != nil {
			return err
		}
		for what, seal := range seals {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			if err := seal(ctx); !errors.Is(err, phone.ErrStorageUnavailable) {
				t.Errorf("%s beside a rotation: %v", what, err)
			}
			cancel()
		}
		insert(t, s, w, "+14155550100") // nothing is sealed
		return nil
	}))
	for what, seal := range seals {
		if err := seal(t.Context()); err != nil {
			t.Errorf("%s after the rotation: %v", what, err)
		}
	}
}

// A connection to a primary that has become a standby is of no use any more.
func TestAConnectionThatTakesNoWritesIsGivenUp(t *testing.T) {
	s := openLimited(t, dbtest.Postgres(t), Limits{Connections: 1})
	w := newWorkspace(t, s, "w")
	n := insert(t, s, w, "+14155550100")
	_, err := s.writer.ExecContext(t.Context(), `SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY`)
	must(t, err)
	if _, err := s.UpdateNumber(t.Context(), w, n.ID, link("agent")); !errors.Is(err, phone.ErrStorageUnavailable) {
		t.Errorf("got %v", err)
	}
	_, err = s.UpdateNumber(t.Context(), w, n.ID, link("agent"))
	must(t, err)
}

// Two servers that save at once when the same keys were used must not wait for each other.
func TestServersThatTouchTheSameKeys(t *testing.T) {
	database := dbtest.Postgres(t)
	s := open(t, database)
	used := map[string]time.Time{}
	for range 50 {
		newWorkspace(t, s, newID())
	}
	keys, err := s.Keys(t.Context())
	must(t, err)
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
				if err := s.TouchKeys(t.Context(), mine); err != nil {
					t.Error(err)
				}
			}
		})
	}
	servers.Wait()
}

// Between two statements of a transaction, database/sql says of a connection that is gone only that it is bad.
func TestABadConnectionIsNoFailureOfOurs(t *testing.T) {
	for _, err := range []error{driver.ErrBadConn, &pgconn.PgError{Code: "25P04"}, &pgconn.PgError{Code: "57P01"}, &pgconn.PgError{Code: "53300"}} {
		if err := storageError(fmt.Errorf("insert: %w", err)); !errors.Is(err, phone.ErrStorageUnavailable) {
			t.Errorf("got %v", err)
		}
	}
	for _, err := range []error{&pgconn.PgError{Code: "42P01"}, &pgconn.PgError{}, errors.New("other")} {
		if err := storageError(err); errors.Is(err, phone.ErrStorageUnavailable) {
			t.Errorf("got %v", err)
		}
	}
}
