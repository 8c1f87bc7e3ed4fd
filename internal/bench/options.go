package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/process"
	"github.com/vogent-community/phonenumbers/internal/bench/report"
)

// options say what to measure, and for how long.
type options struct {
	set      data.Set
	rounds   int
	length   time.Duration // of a round of one contestant, after a warm-up of a quarter
	requests int           // if not 0, the number of requests of each connection in place of length
	starts   int           // how often to start the server for a median
	idle     time.Duration // how long to wait for the memory of an idle server

	base     string // the revision to compare with
	peers    bool
	postgres bool
	large    int           // how many numbers a large store has
	long     time.Duration // how long to run mixed load
	self     bool          // use bench itself in place of a program that is built
	only     string        // the group of rows to measure, or empty for all
	json     string
}

// The sizes of a run.
var (
	full  = options{set: data.Set{Numbers: 100_000, Workspaces: 1, Keys: 1}, rounds: 9, length: time.Second, starts: 20, idle: 5 * time.Second, large: 1_000_000}
	quick = options{set: full.set, rounds: 5, length: 250 * time.Millisecond, starts: 10, idle: time.Second}
	tiny  = options{set: data.Set{Numbers: 1000, Workspaces: 1, Keys: 1}, rounds: 1, requests: 4, starts: 1, idle: time.Millisecond, large: 20_000, self: true}
)

func parse(args []string, stderr io.Writer) (options, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	size := flags.String("size", "full", "full, quick, or tiny, which only tests bench itself")
	base := flags.String("base", "", "also build and measure this `revision` of the repository")
	peers := flags.Bool("peers", false, "also measure ogen and huma")
	postgres := flags.Bool("postgres", false, "also measure PostgreSQL, with pgbench")
	large := flags.Int("large", -1, "compare lists of `NUMBERS` with short ones; 0 skips it (default: depends on -size)")
	long := flags.Duration("long", 0, "also run mixed load for this `duration`")
	only := flags.String("only", "", "measure only one `group` of rows: memory, handlers, sqlite, postgres, starts, large or long")
	file := flags.String("json", "", "also write the figures to this `file`")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	o, known := map[string]options{"full": full, "quick": quick, "tiny": tiny}[*size]
	if !known || flags.NArg() > 0 {
		return o, fmt.Errorf("-size %s %s: see -h", *size, strings.Join(flags.Args(), " "))
	}
	if *large >= 0 {
		o.large = *large
	}
	o.base, o.peers, o.postgres, o.long, o.only, o.json = *base, *peers, *postgres, *long, *only, *file
	return o, nil
}

// bench runs all measurements.
func bench(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "phonenumbers-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a file that is left does no harm
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b := &runner{options: o, dir: dir, run: int(time.Now().Unix()) % 1_000_000 * 1000}
	b.Self, b.Stderr = self, stderr
	b.ServerCPUs, b.LoadCPUs = process.Split(process.Allowed())
	b.report.Machine = report.Describe(ctx)
	b.report.Command = strings.Join(append([]string{"bench"}, args...), " ")
	defer b.CloseAll()
	if err := b.build(ctx); err != nil {
		return err
	}
	for _, rows := range []struct {
		group   string
		measure func(context.Context) error
	}{
		{"memory", b.inMemory},
		{"handlers", b.handlers},
		{"sqlite", b.onSQLite},
		{"postgres", b.onPostgres},
		{"starts", b.startup},
		{"large", b.largeStore},
		{"long", b.mixedLoad},
	} {
		if o.only != "" && o.only != rows.group {
			continue
		}
		if err := rows.measure(ctx); err != nil {
			return err
		}
	}
	if len(b.report.Rows) == 0 {
		return fmt.Errorf("-only %s: see -h", o.only)
	}
	b.report.Print(stdout)
	if o.json != "" {
		return b.report.Save(o.json)
	}
	return nil
}
