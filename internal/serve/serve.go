// Package serve runs the whole server: the database, the services that use it, HTTP, and maintenance.
package serve

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// DefaultStatementTimeout is how long a statement may take in PostgreSQL.
const DefaultStatementTimeout = 5 * time.Second

// Options say what to serve and how. Database is required. For the other fields, zero means the default.
type Options struct {
	Database  string // as store.Open takes it
	SecretKey string // as store.Store.Unlock takes it
	Limits    sqldb.ConnectionLimits

	Addr           string         // the HOST:PORT to listen on; the default is a free port on 127.0.0.1
	RateLimit      rest.RateLimit // for each API key; the default is no limit
	TrustedProxies []*net.IPNet   // proxies whose X-Forwarded-For header to trust
	Version        string         // for the start page
	Log            *slog.Logger   // the default logs nothing

	// OnFirstKey is called with the API key that Start creates on a new database, before the server takes requests. If it
	// returns an error, Start returns that error.
	OnFirstKey func(baseURL, key string) error

	// As in http.Server.
	ReadHeaderTimeout time.Duration // the default is 10 seconds
	ReadTimeout       time.Duration // the default is 30 seconds
	WriteTimeout      time.Duration // the default is 30 seconds
	IdleTimeout       time.Duration // the default is 2 minutes

	DrainTimeout  time.Duration // how long Stop waits for requests in flight; the default is 15 seconds
	SaveInterval  time.Duration // how often to save when keys were last used; the default is 10 seconds
	PruneInterval time.Duration // how often to remove old idempotency keys; the default is 1 hour
}

// NewID returns a new UUIDv7.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

func (o Options) withDefaults() Options {
	o.Limits.Statement = cmp.Or(o.Limits.Statement, DefaultStatementTimeout)
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	o.ReadHeaderTimeout = cmp.Or(o.ReadHeaderTimeout, 10*time.Second)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, 30*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 30*time.Second)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 2*time.Minute)
	o.DrainTimeout = cmp.Or(o.DrainTimeout, 15*time.Second)
	o.SaveInterval = cmp.Or(o.SaveInterval, 10*time.Second)
	o.PruneInterval = cmp.Or(o.PruneInterval, time.Hour)
	return o
}

// Services returns the services on an open store. They log nothing.
func Services(st *store.Store) rest.Services {
	return rest.Services{
		Phone:      &phone.Service{Store: st, Inventory: st, Claims: st, Now: time.Now, NewID: NewID},
		Workspaces: &workspace.Service{Store: st, Now: time.Now, NewID: NewID},
		Ready:      st.Ping,
		Log:        slog.New(slog.DiscardHandler),
		Now:        time.Now,
		About:      rest.About{Database: st.Engine()},
	}
}

// Start opens the database and starts a server on it. The server runs until Stop; ctx is only for the start. A database
// without any API key gets one, in the workspace "default". If Start cannot listen on the address, it creates no key, and its
// error is a *net.OpError with the Op "listen".
func Start(ctx context.Context, o Options) (*Server, error) {
	st, err := store.OpenLimited(ctx, o.Database, o.withDefaults().Limits)
	if err != nil {
		return nil, err
	}
	s, err := o.start(ctx, st)
	if err != nil {
		_ = st.Close() // the first error says more
		return nil, err
	}
	return s, nil
}

func (o Options) start(ctx context.Context, st *store.Store) (*Server, error) {
	if err := st.Unlock(ctx, o.SecretKey); err != nil {
		return nil, err
	}
	services := Services(st)
	services.About.Version, services.RateLimit, services.TrustedProxies = o.Version, o.RateLimit, o.TrustedProxies
	// Listen before the first key is created: a key that is created but not shown would be lost.
	s, err := Listen(ctx, o)
	if err != nil {
		return nil, err
	}
	services.Log = s.options.Log
	handler, err := rest.New(services)
	if err == nil {
		s.FirstKey, err = s.createFirstKey(ctx, services.Workspaces)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.options.Log.Info("serving", "address", s.listener.Addr().String(), "database", st.Name())
	stopUpkeep := s.startUpkeep(ctx, st, services.Workspaces)
	s.Serve(ctx, handler, func() error {
		stopUpkeep()
		return st.Close()
	})
	return s, nil
}

// createFirstKey returns the API key that it creates on a new database, or an empty string.
func (s *Server) createFirstKey(ctx context.Context, keys *workspace.Service) (string, error) {
	key := workspace.NewKey()
	created, err := keys.CreateFirstKey(ctx, key, "default", "first")
	if err != nil || !created {
		return "", err
	}
	if show := s.options.OnFirstKey; show != nil {
		err = show(s.BaseURL, key)
	}
	return key, err
}

// startUpkeep starts the maintenance, and returns a function that ends it.
func (s *Server) startUpkeep(ctx context.Context, st *store.Store, keys *workspace.Service) (stop func()) {
	o := s.options
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { every(ctx, o.SaveInterval, o.Log, "save when keys were last used", keys.SaveLastUsed) })
	running.Go(func() {
		every(ctx, o.PruneInterval, o.Log, "remove old idempotency keys", func(ctx context.Context) error {
			return st.PruneIdempotencyKeys(ctx, time.Now().Add(-phone.IdempotencyKeyTTL))
		})
	})
	return func() {
		cancel()
		running.Wait()
	}
}
