// Package sandbox runs the real server in memory, for tests of programs that call the API. Tests can reset it, see its requests,
// make requests fail, and call its numbers.
package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/serve"
)

// drainTimeout is short: nobody wants to wait at the end of a test for a client that has sent half a request.
const drainTimeout = time.Second

// Options set up a sandbox. Zero values are the defaults.
type Options struct {
	Addr      string       // the HOST:PORT to listen on; the default is a free port on 127.0.0.1
	RandomIDs bool         // make the ids and the API key random; the default is the same ids and key in every run
	Version   string       // for the start page
	Log       *slog.Logger // the default logs nothing

	Seed    control.Seed     // what the sandbox has at the start; seed.Check must find no mistake in it
	Faults  []control.Fault  // the faults at the start; fault.Check must find no mistake in them
	Webhook *control.Webhook // instead of the webhook of a seed

	// Now is the clock for what the database keeps, such as idempotency keys, and for rate limits. The default is time.Now.
	Now func() time.Time
}

// Sandbox is a running sandbox.
type Sandbox struct {
	BaseURL string // such as http://127.0.0.1:8080/api, for a caller on this machine

	options Options
	server  *serve.Server
	stop    func()          // ends the lifetimes
	live    func() lifetime // starts the lifetime of a world
	closing sync.WaitGroup  // the worlds that are being closed

	resetting sync.Mutex   // one reset at a time
	mu        sync.RWMutex // for current
	current   *world
}

// Start starts a sandbox. As with serve.Start, the sandbox runs until Stop, and an error of listening is a *net.OpError with the
// Op "listen".
func Start(ctx context.Context, o Options) (*Sandbox, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = slog.New(unintended{o.Log.Handler()})
	if o.Now == nil {
		o.Now = time.Now
	}
	server, err := serve.Listen(ctx, serve.Options{Addr: o.Addr, Log: o.Log, DrainTimeout: drainTimeout})
	if err != nil {
		return nil, err
	}
	s := &Sandbox{BaseURL: server.BaseURL, options: o, server: server}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.live = func() lifetime {
		ctx, end := context.WithCancel(running)
		return lifetime{ctx.Done(), end}
	}
	if s.current, err = s.newWorld(ctx, o.Seed); err != nil {
		s.stop()
		return nil, errors.Join(err, server.Close())
	}
	server.Serve(ctx, s, s.end)
	return s, nil
}

// ServeHTTP serves a request in the current world.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	world := s.current
	world.requests.Add(1)
	s.mu.RUnlock()
	defer world.requests.Done()
	world.handler.ServeHTTP(w, r)
}

// Reset goes back to the seed.
func (s *Sandbox) Reset(ctx context.Context) error { return s.reset(ctx, nil) }

// reset replaces the world by a new one, with another seed if seed is not nil. Requests in progress end in the old world.
func (s *Sandbox) reset(ctx context.Context, seed *control.Seed) error {
	s.resetting.Lock()
	defer s.resetting.Unlock()
	if seed == nil {
		seed = &s.options.Seed
	}
	next, err := s.newWorld(ctx, *seed)
	if err != nil {
		return err
	}
	s.options.Seed = *seed
	s.mu.Lock()
	old := s.current
	s.current = next
	s.mu.Unlock()
	s.closing.Go(func() {
		if err := old.close(); err != nil {
			s.options.Log.Warn("close the database before the reset", "error", err)
		}
	})
	return nil
}

// end closes the database after the last request.
func (s *Sandbox) end() error {
	s.closing.Wait()
	return s.current.close()
}

// Key returns the API key: the first one of the seed, or the one that every sandbox has.
func (s *Sandbox) Key() string { return s.now().key }

func (s *Sandbox) now() *world {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.current
}

// Done is closed when the sandbox has stopped: after Stop, or because it failed.
func (s *Sandbox) Done() <-chan struct{} { return s.server.Done() }

// Stop stops the sandbox as serve.Server.Stop stops a server, but waits only one second for requests in progress. The latency of
// a fault ends at once.
func (s *Sandbox) Stop() error {
	s.stop()
	return s.server.Stop()
}
