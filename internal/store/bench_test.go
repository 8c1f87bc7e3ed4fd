package store_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

// `make bench-store` runs these. A figure depends on the machine. A ratio within one run depends on it much less.

const (
	benchNumbers = 1_000_000
	benchOfAgent = 500
	benchID      = "01a20000-0000-7000-8000-" // the start of an id; pgbench makes the rest
	firstBenchID = 100_000_000_000
)

// numberID returns the id of one of the numbers, in ascending order.
func numberID(i int) string { return benchID + strconv.Itoa(firstBenchID+i) }

// fillNumbers fills a workspace with that many numbers, half of them for each type, a third of them without an agent. All numbers
// of the agent "phone" have the same type. Each of the other agents has the same count of numbers, however many there are in all.
func fillNumbers(b *testing.B, s *store.Store, count int) (workspaceID string) {
	b.Helper()
	workspaceID = storetest.NewWorkspace(b, s, "w")
	dbtest.Must(b, s.Write(b.Context(), func(tx sqldb.Querier) error {
		insert := sqldb.NewInserter(tx, s.Engine(), "phone_numbers", []string{"workspace_id", "id", "number", "number_key", "type", "agent_id"}, "")
		for i := range count {
			number, kind, agent := fmt.Sprintf("+1%010d", i), phone.PSTN, fmt.Sprint("agent_", i/4%(count/benchOfAgent))
			switch i % 4 {
			case 0:
				kind = phone.SIPUsername
			case 1:
				agent = ""
			case 2:
				agent = "phone"
			}
			if i%8 < 4 && agent == "" || i%16 == 3 {
				kind = phone.SIPUsername
			}
			if err := insert.Add(b.Context(), workspaceID, numberID(i), number, number, string(kind), agent); err != nil {
				return err
			}
		}
		_, err := insert.End(b.Context())
		return err
	}))
	if s.Engine() == sqldb.PostgreSQL {
		_, err := s.DB().Reader().ExecContext(b.Context(), `VACUUM ANALYZE`)
		dbtest.Must(b, err)
	}
	return workspaceID
}

func median[T cmp.Ordered](of []T) T {
	slices.Sort(of)
	return of[len(of)/2]
}

// This benchmark compares the updates of 64 callers with pgbench, which runs the same statement with as many clients. The two
// take turns.
func BenchmarkUpdatesAgainstPgbench(b *testing.B) {
	const (
		callers = 64
		rounds  = 5
		each    = 4 * time.Second
	)
	cluster := dbtest.NewCluster(b, "max_connections=200", "shared_buffers=512MB", "max_wal_size=8GB")
	s := storetest.OpenLimited(b, cluster.URL().String(), sqldb.ConnectionLimits{Connections: callers}) // as many as pgbench has
	w := fillNumbers(b, s, benchNumbers)
	script := pgbenchScript(b)
	var ours, theirs, ratio []float64
	for b.Loop() {
		updates(b, s, w, callers, each/4) // so that the server is warm for both
		for range rounds {
			ours = append(ours, updates(b, s, w, callers, each))
			theirs = append(theirs, pgbench(b, cluster.URL(), script, w, callers, each))
			ratio = append(ratio, ours[len(ours)-1]/theirs[len(theirs)-1])
		}
	}
	b.ReportMetric(median(ours), "updates/s")
	b.ReportMetric(median(theirs), "pgbench/s")
	b.ReportMetric(median(ratio), "updates/pgbench")
}

// updates returns how many numbers the callers link per second.
func updates(b *testing.B, s *store.Store, workspaceID string, callers int, length time.Duration) float64 {
	b.Helper()
	done := make([]int, callers)
	var running sync.WaitGroup
	start := time.Now()
	for i := range callers {
		running.Go(func() {
			ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context())) // like a request, which has a context of its own
			defer cancel()
			for time.Since(start) < length {
				if _, err := s.UpdateNumber(ctx, workspaceID, numberID(rand.IntN(benchNumbers)), link("agent_1")); err != nil {
					b.Error(err)
					return
				}
				done[i]++
			}
		})
	}
	running.Wait()
	total := 0
	for _, n := range done {
		total += n
	}
	return float64(total) / time.Since(start).Seconds()
}

// pgbenchScript writes a script with the statement of UpdateNumber, and returns its path.
func pgbenchScript(b *testing.B) string {
	b.Helper()
	script := filepath.Join(b.TempDir(), "update.sql")
	dbtest.Must(b, os.WriteFile(script, fmt.Appendf(nil, `\set n random(%d, %d)
UPDATE phone_numbers SET agent_id = COALESCE(:agent, agent_id) WHERE workspace_id = :workspace AND id = '%s' || :n RETURNING id, number, type, agent_id;
`, firstBenchID, firstBenchID+benchNumbers-1, benchID), 0o600))
	return script
}

var tps = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)

func pgbench(b *testing.B, database *url.URL, script, workspaceID string, clients int, length time.Duration) float64 {
	b.Helper()
	program, err := dbtest.Binary("pgbench")
	dbtest.Must(b, err)
	command := exec.CommandContext(context.WithoutCancel(b.Context()), program, "--no-vacuum", "--protocol=prepared", "--file="+script,
		"--define=workspace="+workspaceID, "--define=agent=agent_1",
		"--client="+strconv.Itoa(clients), "--jobs=2", "--time="+strconv.Itoa(int(length.Seconds())), database.String())
	output, err := command.CombinedOutput()
	found := tps.FindSubmatch(output)
	if err != nil || found == nil {
		b.Fatalf("%v: %s", err, output)
	}
	rate, err := strconv.ParseFloat(string(found[1]), 64)
	dbtest.Must(b, err)
	return rate
}
