// Package sandbox runs the real server in memory, for tests of programs that call the API.
package sandbox

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/vogent-community/phonenumbers/internal/rest"
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

// Sandbox is a running sandbox.
type Sandbox struct {
	*serve.Server
	Key string // the API key
}

// Start starts a sandbox. It runs until Stop; ctx is only for the start. As with serve.Start, an error of listening is a
// *net.OpError with the Op "listen".
func Start(ctx context.Context, o Options) (*Sandbox, error) {
	options := serve.Options{Database: sqldb.InMemory, Addr: o.Addr, Version: o.Version, Log: o.Log, Now: o.Now}
	s := new(Sandbox)
	if !o.RandomIDs {
		s.Key = workspace.FixedKey("sandbox")
		options.NewID = countedIDs()
		options.Prepare = func(ctx context.Context, services rest.Services) error {
			return services.Workspaces.AddKey(ctx, s.Key, "default", "sandbox")
		}
	}
	var err error
	if s.Server, err = serve.Start(ctx, options); err != nil {
		return nil, err
	}
	if o.RandomIDs {
		s.Key = s.FirstKey
	}
	return s, nil
}

// countedIDs returns a function that makes UUIDs of version 7 from a counter.
func countedIDs() func() string {
	var last atomic.Uint64
	return func() string { return fmt.Sprintf("01900000-0000-7000-8000-%012x", last.Add(1)) }
}
