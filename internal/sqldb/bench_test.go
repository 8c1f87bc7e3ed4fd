//go:build unix

package sqldb

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// These benchmarks compare changes that share transactions with changes that do not. The two take turns, so that both run under
// the same conditions. A ratio above 1 means that sharing is faster.

func BenchmarkSharedTransactionsOnSQLite(b *testing.B) {
	compare(b, dbtest.SQLite(b), dbtest.SQLite(b))
}

func BenchmarkBatchesOnPostgreSQL(b *testing.B) {
	cluster := dbtest.NewCluster(b, "max_connections=200")
	_, err := dbtest.Connect(b, cluster.URL().String()).ExecContext(b.Context(), `CREATE DATABASE other`)
	dbtest.Must(b, err)
	other := cluster.URL()
	other.Path = "other"
	compare(b, cluster.URL().String(), other.String())
}

// compare reports how many updates each of several callers make per second.
func compare(b *testing.B, together, apart string) {
	b.Helper()
	const things, rounds, each = 10_000, 21, 250 * time.Millisecond
	dbs := []*DB{openLimited(b, together, ConnectionLimits{}), openLimited(b, apart, ConnectionLimits{Together: 1})}
	for _, db := range dbs {
		dbtest.Must(b, db.Write(b.Context(), func(tx Querier) error {
			insert := NewInserter(tx, db.Engine(), "things", []string{"id", "label"}, "")
			for i := range things {
				if err := insert.Add(b.Context(), fmt.Sprint(i), "before"); err != nil {
					return err
				}
			}
			_, err := insert.End(b.Context())
			return err
		}))
	}
	for _, callers := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprint(callers, " callers"), func(b *testing.B) {
			var rates, cpus [2][]float64
			var ratios []float64
			for b.Loop() {
				for round := range rounds {
					for i, db := range dbs {
						rate, cpu := updatesPerSecond(b, db, callers, things, each)
						if round > 0 || rounds == 1 { // the first is a warm-up
							rates[i], cpus[i] = append(rates[i], rate), append(cpus[i], cpu)
						}
					}
				}
			}
			for i := range rates[0] {
				ratios = append(ratios, rates[0][i]/rates[1][i])
			}
			b.ReportMetric(middle(rates[0]), "together/s")
			b.ReportMetric(middle(rates[1]), "apart/s")
			b.ReportMetric(middle(ratios), "together/apart")
			b.ReportMetric(middle(cpus[0]), "µs-user/together")
			b.ReportMetric(middle(cpus[1]), "µs-user/apart")
		})
	}
}

func middle(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

func updatesPerSecond(b *testing.B, db *DB, callers, things int, length time.Duration) (rate, userMicros float64) {
	b.Helper()
	done := make([]int, callers)
	var running sync.WaitGroup
	start, before := time.Now(), userTime(b)
	for caller := range callers {
		running.Go(func() {
			ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context())) // like a request, which has a context of its own
			defer cancel()
			for n := caller; time.Since(start) < length; n += callers {
				if err := update(ctx, db, fmt.Sprint(n%things), strings.Repeat("x", 20)+fmt.Sprint(start.UnixNano(), n)); err != nil {
					b.Error(err)
					return
				}
				done[caller]++
			}
		})
	}
	running.Wait()
	total := 0
	for _, n := range done {
		total += n
	}
	return float64(total) / time.Since(start).Seconds(), float64((userTime(b) - before).Microseconds()) / float64(total)
}

func userTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	dbtest.Must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano())
}
