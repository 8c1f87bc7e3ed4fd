// Package contestant runs what a measurement compares, each in a process of its own.
package contestant

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/vogent-community/phonenumbers/internal/bench/baseline"
	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/memory"
	"github.com/vogent-community/phonenumbers/internal/cli"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/serve"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// The names of the contestants of this program.
const (
	Ours        = "ours"
	ByHand      = "by hand"
	GroupingOff = "grouping off"
	Normal      = "synchronous=NORMAL"
)

// discard formats each line as `phonenumbers serve` does, and drops it.
func discard() *slog.Logger {
	return slog.New(slog.NewTextHandler(io.Discard, nil)) //nolint:sloglint // DiscardHandler would not format
}

// Handler returns the handler of a contestant that runs in this process.
func Handler(who string, st *memory.Store) (http.Handler, error) {
	switch who {
	case Ours:
		return rest.New(rest.Services{
			Phone:      &phone.Service{Store: st, Inventory: st, Claims: st, Now: time.Now, NewID: serve.NewID},
			Workspaces: &workspace.Service{Store: st, Now: time.Now, NewID: serve.NewID},
			Ready:      func(context.Context) error { return nil },
			Log:        discard(), Now: time.Now,
		})
	case ByHand:
		return baseline.Server{Numbers: st, Keys: st, Log: discard()}.Handler(), nil
	}
	return nil, fmt.Errorf("no such contestant: %q", who)
}

// ServeMemory serves a contestant with the store in memory. Its arguments are the contestant and the number of numbers.
func ServeMemory(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) != 2 {
		return errors.New("usage: serve CONTESTANT NUMBERS")
	}
	numbers, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	handler, err := Handler(args[0], memory.New(data.Set{Numbers: numbers, Workspaces: 1, Keys: 1}))
	if err != nil {
		return err
	}
	s, err := serve.Listen(ctx, serve.Options{})
	if err != nil {
		return err
	}
	s.Serve(ctx, handler, func() error { return nil })
	return untilEOF(s, stdin, stdout)
}

// variants change the settings of a server with a database.
var variants = map[string]func(*sqldb.ConnectionLimits){
	Ours:        func(*sqldb.ConnectionLimits) {},
	GroupingOff: func(l *sqldb.ConnectionLimits) { l.Together = 1 },
	Normal:      func(l *sqldb.ConnectionLimits) { l.Unsynced = true },
}

// ServeDatabase serves a database with the settings of a variant.
func ServeDatabase(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) != 2 || variants[args[1]] == nil {
		return errors.New("usage: open DATABASE VARIANT")
	}
	o := serve.Options{Database: args[0], Log: discard()}
	if sqldb.IsPostgres(args[0]) {
		o.SecretKey = storetest.Key
	}
	o.Limits.Connections = sqldb.DefaultConnections
	variants[args[1]](&o.Limits)
	s, err := serve.Start(ctx, o)
	if err != nil {
		return err
	}
	return untilEOF(s, stdin, stdout)
}

// untilEOF prints the address of a server, and stops the server when stdin ends.
func untilEOF(s *serve.Server, stdin io.Reader, stdout io.Writer) error {
	address := s.BaseURL[len("http://") : len(s.BaseURL)-len(rest.BaseURL)]
	if _, err := fmt.Fprintln(stdout, address); err != nil {
		return errors.Join(err, s.Stop())
	}
	_, err := io.Copy(io.Discard, stdin)
	return errors.Join(err, s.Stop())
}

// Program is the command line. Tests use it instead of a program that they would have to build.
func Program(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	if code := cli.Run(ctx, args, stdin, stdout, os.Stderr); code != 0 {
		return fmt.Errorf("exit code %d", code)
	}
	return nil
}
