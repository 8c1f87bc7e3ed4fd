package dbtest

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Failover is a primary and its standby. Promote swaps their roles.
type Failover struct {
	Primary, Standby *Cluster
	synchronous      bool
}

// NewFailover starts a primary and a standby. If they are synchronous, the primary acknowledges a commit only after the standby
// has it too.
func NewFailover(tb testing.TB, synchronous bool) *Failover {
	tb.Helper()
	primary := NewCluster(tb)
	standby, err := prepare(primary.bin, nil)
	if err != nil {
		tb.Fatal(err)
	}
	standby.password = primary.password
	f := &Failover{Primary: primary, Standby: standby, synchronous: synchronous}
	f.follow(tb)
	tb.Cleanup(standby.stop)
	return f
}

// URL returns a URL that has both hosts and asks for the one that accepts writes.
func (f *Failover) URL() string {
	url := f.Primary.URL()
	url.Host += "," + f.Standby.URL().Host
	return With(url.String(), "target_session_attrs=read-write")
}

// Cut stops the stream from the primary to the standby, as a broken network would.
func (f *Failover) Cut(tb testing.TB) {
	tb.Helper()
	for _, pid := range f.Primary.pids(tb, `SELECT pid FROM pg_stat_replication`) {
		pause(tb, pid)
	}
}

// Kill kills every process of the primary with SIGKILL.
func (f *Failover) Kill(tb testing.TB) {
	tb.Helper()
	for _, pid := range f.Primary.processes(tb) {
		kill(pid)
	}
	f.Primary.stop()
}

// Freeze pauses every process of the primary. Its machine still accepts connections but never responds.
func (f *Failover) Freeze(tb testing.TB) {
	tb.Helper()
	frozen := f.Primary.processes(tb)
	for _, pid := range frozen {
		pause(tb, pid)
	}
	tb.Cleanup(func() {
		for _, pid := range frozen {
			kill(pid)
		}
	})
}

// Promote makes the standby the primary, and waits until it is.
func (f *Failover) Promote(tb testing.TB) {
	tb.Helper()
	execute(tb, f.Standby.URL(), `SELECT pg_promote()`)
	f.Primary, f.Standby = f.Standby, f.Primary
}

// Rejoin turns the former primary into a new standby, on its old port.
func (f *Failover) Rejoin(tb testing.TB) {
	tb.Helper()
	root, err := makeRoot(f.Standby.uid, f.Standby.gid)
	if err != nil {
		tb.Fatal(err)
	}
	f.Standby.root = root
	f.follow(tb)
}

// follow starts the standby from a copy of the primary.
func (f *Failover) follow(tb testing.TB) {
	tb.Helper()
	err := f.Standby.run("pg_basebackup", "--dbname", f.Primary.URL().String(), "--pgdata", f.Standby.data(), "--write-recovery-conf",
		"--checkpoint", "fast", "--no-sync")
	if err == nil {
		err = f.Standby.start()
	}
	if err != nil {
		tb.Fatal(err)
	}
	state := "async"
	if f.synchronous {
		state = "sync"
		execute(tb, f.Primary.URL(), `ALTER SYSTEM SET synchronous_standby_names = '*'`)
		execute(tb, f.Primary.URL(), `SELECT pg_reload_conf()`)
	}
	deadline := time.Now().Add(startTimeout)
	for len(f.Primary.pids(tb, `SELECT pid FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = '`+state+`'`)) == 0 {
		if time.Now().After(deadline) {
			tb.Fatal("the standby does not follow")
		}
		time.Sleep(probePause)
	}
}

// processes returns the process ids of the cluster, the postmaster first.
func (c *Cluster) processes(tb testing.TB) []int {
	tb.Helper()
	pids := c.pids(tb, `SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()`)
	file, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		tb.Fatal(err)
	}
	first, _, _ := strings.Cut(string(file), "\n")
	postmaster, err := strconv.Atoi(first)
	if err != nil {
		tb.Fatal(err)
	}
	return append([]int{postmaster}, pids...)
}

// pids asks the cluster for process ids.
func (c *Cluster) pids(tb testing.TB, query string) (pids []int) {
	tb.Helper()
	db, err := sql.Open("pgx", c.URL().String())
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only the query matters
	rows, err := db.QueryContext(context.WithoutCancel(tb.Context()), query)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports the errors
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			tb.Fatal(err)
		}
		pids = append(pids, pid)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return pids
}
