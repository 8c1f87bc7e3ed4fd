package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/load"
	"github.com/vogent-community/phonenumbers/internal/bench/report"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

const pgbench = "pgbench"

// onPostgres compares updates with pgbench, which runs the same statement with as many clients.
func (b *runner) onPostgres(ctx context.Context) error {
	const name = "PUT on PostgreSQL, 64 callers"
	if !b.options.postgres {
		b.report.Skip(name, "it needs -postgres")
		return nil
	}
	fmt.Fprintln(b.Stderr, "PostgreSQL")
	defer b.CloseAll()
	tb := &tester{ctx: ctx}
	defer tb.end()
	cluster, err := tb.cluster("max_connections=200", "shared_buffers=256MB", "max_wal_size=8GB")
	if err != nil {
		b.report.Skip(name, err.Error())
		return nil
	}
	st, err := store.OpenLimited(ctx, cluster.String(), sqldb.ConnectionLimits{Connections: sqldb.DefaultConnections, Turn: storetest.Turn})
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // nothing in it is kept
	if err := b.fillPostgres(ctx, st); err != nil {
		return err
	}
	s, err := b.StartPart(ctx, b.Self, "open", cluster.String(), ours)
	if err != nil {
		return err
	}
	script := filepath.Join(b.dir, "update.sql")
	if err := os.WriteFile(script, fmt.Appendf(nil, updateScript, data.FirstID, data.FirstID+b.options.set.Numbers-1, data.IDPrefix), 0o600); err != nil {
		return err
	}
	theirs := rival{pgbench, func(ctx context.Context) (report.Sample, error) { return b.pgbench(ctx, cluster, script) }}
	const direct = "the store without HTTP"
	return b.measure(ctx, name, perSecond, []rival{
		b.rate(ours, s, b.options.set, load.Share{Operation: "put", Connections: callers}),
		{direct, func(ctx context.Context) (report.Sample, error) { return b.updates(ctx, st) }},
		theirs,
	}, report.AtLeast(1.7, ours, pgbench), report.AtLeast(1.7, direct, pgbench))
}

// updateScript has the statement of store.UpdateNumber.
const updateScript = `\set n random(%d, %d)
\set a random(1, 1000000000)
UPDATE phone_numbers SET agent_id = COALESCE('agent_' || :a, agent_id) WHERE workspace_id = :workspace AND id = '%s' || :n RETURNING id, number, type, agent_id;
`

func (b *runner) fillPostgres(ctx context.Context, st *store.Store) error {
	if err := st.Unlock(ctx, storetest.Key); err != nil {
		return err
	}
	set := b.options.set
	var content store.Content
	for i := range set.Workspaces {
		content.Workspaces = append(content.Workspaces, set.Workspace(i))
	}
	for i := range set.Keys {
		content.Keys = append(content.Keys, store.HashedKey{Key: set.Key(i), Hash: workspace.HashKey(data.Secret(i))})
	}
	for i := range set.Numbers {
		content.Numbers = append(content.Numbers, store.OwnedNumber{Number: data.Number(i), WorkspaceID: set.Workspace(i).ID})
	}
	return st.Fill(ctx, content, time.Now())
}

// updates lets the callers link numbers without HTTP.
func (b *runner) updates(ctx context.Context, st *store.Store) (report.Sample, error) {
	b.run++
	var done atomic.Int64
	var running sync.WaitGroup
	failures := make([]error, callers)
	start, workspaceID := time.Now(), b.options.set.Workspace(0).ID
	for n := range callers {
		running.Go(func() {
			for i := 0; time.Since(start) < b.options.length; i++ {
				agent := fmt.Sprintf("agent_%d_%d_%d", b.run, n, i)
				own, cancel := context.WithCancel(ctx) // like a request
				_, err := st.UpdateNumber(own, workspaceID, data.ID((n*7919+i*104729)%b.options.set.Numbers), phone.Change{AgentID: &agent})
				cancel()
				if err != nil {
					failures[n] = err
					return
				}
				done.Add(1)
			}
		})
	}
	running.Wait()
	return report.Sample{Value: float64(done.Load()) / time.Since(start).Seconds()}, errors.Join(failures...)
}

// pgbenchSeconds is the least time that pgbench gets. It includes the time to connect, but the rate does not.
const pgbenchSeconds = 3

var tps = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)

func (b *runner) pgbench(ctx context.Context, database *url.URL, script string) (report.Sample, error) {
	program, err := dbtest.Binary("pgbench")
	if err != nil {
		return report.Sample{}, err
	}
	seconds := max(pgbenchSeconds, int(b.options.length.Seconds()))
	command := exec.CommandContext(ctx, program, "--no-vacuum", "--protocol=prepared", "--file="+script,
		"--define=workspace="+b.options.set.Workspace(0).ID,
		"--client="+strconv.Itoa(callers), "--jobs=2", "--time="+strconv.Itoa(seconds), database.String())
	output, err := command.CombinedOutput()
	found := tps.FindSubmatch(output)
	if err != nil || found == nil {
		return report.Sample{}, fmt.Errorf("pgbench: %w: %s", err, output)
	}
	rate, err := strconv.ParseFloat(string(found[1]), 64)
	return report.Sample{Value: rate}, err
}
