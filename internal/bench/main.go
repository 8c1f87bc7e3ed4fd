// Bench measures the server, and prints a table: over HTTP against a server written by hand and against other frameworks, its
// handler alone, on both databases, and against an earlier version. `make bench` runs it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/vogent-community/phonenumbers/internal/bench/contestant"
	"github.com/vogent-community/phonenumbers/internal/bench/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run returns the exit code. A goal that is missed is not a failure, because machines differ.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	work := func(ctx context.Context, args []string, _ io.Reader, stdout io.Writer) error {
		return bench(ctx, args, stdout, stderr)
	}
	if len(args) > 0 && parts[args[0]] != nil {
		work, args = parts[args[0]], args[1:]
	}
	if err := work(ctx, args, stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

// part is a process that bench starts from its own program.
type part func(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error

var parts = map[string]part{
	"pin":     process.Pinned,           // runs another program on some CPUs
	"serve":   contestant.ServeMemory,   // a server with the store in memory
	"open":    contestant.ServeDatabase, // a server with a database
	"program": contestant.Program,       // the command line, in place of one that is built
	"load":    generateLoad,
	"handler": contestant.MeasureHandlers,
}
