// Package sandbox runs the real server in memory, for tests of programs that call the API.
package sandbox

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/vogent-community/phonenumbers/internal/serve"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// Options set up a sandbox. Zero values are the defaults.
type Options struct {
	Addr      string       // the HOST:PORT to listen on; the default is a free port on 127.0.0.1
	RandomIDs bool         // make the ids and the API key random; the default is the same ids and key in every run
	Version   string       // for the start page
	Log       *slog.Logger // the default logs nothing

	Now func() time.Time // as in serve.Options
}

// Start starts a sandbox. Its API key is FirstKey. As with serve.Start, the sandbox runs until Stop, and an error of listening
// is a *net.OpError with the Op "listen".
func Start(ctx context.Context, o Options) (*serve.Server, error) {
	options := serve.Options{Database: sqldb.InMemory, Addr: o.Addr, Version: o.Version, Log: o.Log, Now: o.Now}
	if !o.RandomIDs {
		options.FirstKey, options.NewID = workspace.FixedKey("sandbox"), countedIDs()
	}
	return serve.Start(ctx, options)
}

// countedIDs returns a function that makes UUIDs of version 7 from a counter.
func countedIDs() func() string {
	var last atomic.Uint64
	return func() string { return fmt.Sprintf("01900000-0000-7000-8000-%012x", last.Add(1)) }
}
