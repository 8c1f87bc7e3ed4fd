// Package serve runs the whole server: the database, the services that use it, HTTP, and maintenance.
package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
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

const (
	maxHeader      = 16 << 10
	netHTTPAllowed = 4 << 10 // net/http reads this much more than MaxHeaderBytes, or twice this much on a reused connection
)

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

	// Now is the clock for what the database keeps, such as idempotency keys, and for rate limits. The default is time.Now.
	Now func() time.Time

	// NewID makes the ids of numbers, workspaces and keys: UUIDs in lower case, each greater than the one before. The default
	// makes UUIDv7s.
	NewID func() string

	// FirstKey is the API key that Start creates on a new database. The default is a random key.
	FirstKey string

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

func (o Options) withDefaults() Options {
	o.Limits.Statement = cmp.Or(o.Limits.Statement, DefaultStatementTimeout)
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	o.ReadHeaderTimeout = cmp.Or(o.ReadHeaderTimeout, 10*time.Second)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, 30*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 30*time.Second)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 2*time.Minute)
	o.DrainTimeout = cmp.Or(o.DrainTimeout, 15*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		o.NewID = newID
	}
	o.FirstKey = cmp.Or(o.FirstKey, workspace.NewKey())
	o.SaveInterval = cmp.Or(o.SaveInterval, 10*time.Second)
	o.PruneInterval = cmp.Or(o.PruneInterval, time.Hour)
	return o
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// Services returns the services on an open store. They log nothing.
func Services(st *store.Store) rest.Services { return services(st, time.Now, newID) }

func services(st *store.Store, now func() time.Time, newID func() string) rest.Services {
	return rest.Services{
		Phone:      &phone.Service{Store: st, Inventory: st, Claims: st, Now: now, NewID: newID},
		Workspaces: &workspace.Service{Store: st, Now: now, NewID: newID},
		Ready:      st.Ping,
		Log:        slog.New(slog.DiscardHandler),
		Now:        now,
		About:      rest.About{Database: st.Engine()},
	}
}

// Server is a running server.
type Server struct {
	BaseURL  string // such as http://127.0.0.1:8080/api, for a caller on this machine
	FirstKey string // the API key that Start created on a new database, or empty

	stop context.CancelFunc
	done chan struct{}
	err  error // read it after done
}

// Start opens the database and starts a server on it. The server runs until Stop; ctx is only for the start. A database
// without any API key gets one, in the workspace "default". If Start cannot listen on the address, it creates no key, and its
// error is a *net.OpError with the Op "listen".
func Start(ctx context.Context, o Options) (*Server, error) {
	o = o.withDefaults()
	st, err := store.OpenLimited(ctx, o.Database, o.Limits)
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
	services := services(st, o.Now, o.NewID)
	services.Log, services.About.Version = o.Log, o.Version
	services.RateLimit, services.TrustedProxies = o.RateLimit, o.TrustedProxies
	handler, err := rest.New(services)
	if err != nil {
		return nil, err
	}
	// Listen before the first key is created: a key that is created but not shown would be lost.
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, err
	}
	s := &Server{BaseURL: baseURL(listener.Addr()), done: make(chan struct{})}
	created, err := services.Workspaces.CreateFirstKey(ctx, o.FirstKey, "default", "first")
	if created {
		s.FirstKey = o.FirstKey
	}
	if created && o.OnFirstKey != nil {
		err = o.OnFirstKey(s.BaseURL, s.FirstKey)
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	o.Log.Info("serving", "address", listener.Addr().String(), "database", st.Name())
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(s.done)
		s.err = o.serve(ctx, st, services.Workspaces, listener, handler)
		if err := st.Close(); s.err == nil && err != nil {
			s.err = fmt.Errorf("close database: %w", err)
		}
	}()
	return s, nil
}

// Done is closed when the server has stopped: after Stop, or because it failed.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop stops the server and closes the database. It waits up to DrainTimeout for the requests in progress. The error says why
// the server failed earlier, or why it could not stop cleanly.
func (s *Server) Stop() error {
	s.stop()
	<-s.done
	return s.err
}

// serve serves until ctx ends, and does the maintenance meanwhile.
func (o Options) serve(ctx context.Context, st *store.Store, keys *workspace.Service, listener net.Listener, handler http.Handler) error {
	upkeep, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { every(upkeep, o.SaveInterval, o.Log, "save when keys were last used", keys.SaveLastUsed) })
	running.Go(func() {
		every(upkeep, o.PruneInterval, o.Log, "remove old idempotency keys", func(ctx context.Context) error {
			return st.PruneIdempotencyKeys(ctx, o.Now().Add(-phone.IdempotencyKeyTTL))
		})
	})
	err := o.serveHTTP(ctx, listener, handler)
	stop()
	running.Wait()
	return err
}

// serveHTTP serves until ctx ends. It then accepts no more connections, and lets the requests in progress finish.
func (o Options) serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler) error {
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: o.ReadHeaderTimeout,
		ReadTimeout:       o.ReadTimeout,
		WriteTimeout:      o.WriteTimeout,
		IdleTimeout:       o.IdleTimeout,
		MaxHeaderBytes:    maxHeader - netHTTPAllowed,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	o.Log.Info("stopping", "timeout", o.DrainTimeout)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.DrainTimeout)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		o.Log.Warn("requests interrupted", "error", err)
		return srv.Close()
	}
	return nil
}

// baseURL returns the base URL for callers on this machine.
func baseURL(addr net.Addr) string {
	host, port := addr.String(), ""
	if tcp, ok := addr.(*net.TCPAddr); ok {
		host, port = tcp.IP.String(), strconv.Itoa(tcp.Port)
		if tcp.IP.IsUnspecified() {
			host = "127.0.0.1"
		}
	}
	return "http://" + net.JoinHostPort(host, port) + rest.BaseURL
}
