package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/inventory"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/store"
)

// How the server treats time and size.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	drainTimeout      = 15 * time.Second
	lastUsedInterval  = 10 * time.Second
	pruneInterval     = time.Hour
	upkeepTimeout     = 10 * time.Second
	statementTimeout  = 5 * time.Second

	maxHeader      = 16 << 10
	netHTTPAllowed = 4 << 10 // net/http reads that much more than MaxHeaderBytes; twice that on a connection used before
)

type serveOptions struct {
	addr, logFormat, logLevel string
	db                        *string
	limits                    store.Limits
	rateLimit                 rateLimitFlag
	trustedProxies            networksFlag
}

func serveCommand() *cobra.Command {
	o := serveOptions{
		addr: "127.0.0.1:8080", logFormat: "text", logLevel: "info",
		limits: store.Limits{Connections: store.DefaultConnections, ConnectionAge: store.DefaultConnectionAge, Statement: statementTimeout},
	}
	command := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server on a database, which is made if it is missing. On a database without any API key, make one key in the
workspace "default" and print it with the lines to try it, with --json as a JSON document; it is shown only then.

SIP passwords are encrypted with the key in PHONENUMBERS_SECRET_KEY: base64 of 32 bytes, or several with commas between
them, of which the first encrypts and each decrypts. Without it, the key is in the file DB.key beside the database, made at
the first start. Back it up together with the database: without it the passwords are lost.

With a postgres:// URL the database is PostgreSQL 14 or newer, for several servers at once, and PHONENUMBERS_SECRET_KEY must be
set, the same for all. The URL is as libpq reads it: several hosts, of which the one is used that takes writes, and
sslmode, sslrootcert and the others for TLS. In PHONENUMBERS_DB its password is not seen by who lists the processes.

SIGINT and SIGTERM stop the server after it has answered what it is working on, 15 seconds at most.`,
		Example: `  phonenumbers serve
  phonenumbers serve --addr 127.0.0.1:9000 --db /var/lib/phonenumbers/phonenumbers.db --log-format json
  phonenumbers serve --db :memory:          # for tests: gone when it stops
  phonenumbers serve --db 'postgres://phonenumbers@db1,db2/phonenumbers?sslmode=verify-full'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.limits.Connections < 1 || o.limits.ConnectionAge <= 0 || o.limits.Statement < time.Millisecond {
				return usageError{errors.New("--db-connections, --db-connection-age and --db-statement-timeout must be more than zero")}
			}
			log, err := o.logger(c.ErrOrStderr())
			if err != nil {
				return err
			}
			err = withLimitedStore(c.Context(), *o.db, o.limits, func(st *store.Store) error {
				return o.serve(c.Context(), st, log, consoleOf(c))
			})
			if c.Context().Err() != nil && errors.Is(err, context.Canceled) {
				log.Info("stopped before serving")
				return nil
			}
			return err
		},
	}
	flags := command.Flags()
	flags.Var(checked{&o.addr, "HOST:PORT", hostAndPort}, "addr", "the address to listen on; port 0 takes a free one")
	setting(command, "addr")
	o.db = databaseFlag(command, "the database, :memory: for one that is gone with the process")
	flags.IntVar(&o.limits.Connections, "db-connections", o.limits.Connections, "the most connections to PostgreSQL, `N`; the sum of all servers must be below its max_connections")
	setting(command, "db-connections")
	flags.DurationVar(&o.limits.ConnectionAge, "db-connection-age", o.limits.ConnectionAge, "replace a connection to PostgreSQL after this `DURATION`")
	setting(command, "db-connection-age")
	flags.DurationVar(&o.limits.Statement, "db-statement-timeout", o.limits.Statement, "how long PostgreSQL may work on a statement, as a `DURATION`")
	setting(command, "db-statement-timeout")
	flags.Var(checked{&o.logFormat, "FORMAT", logFormat}, "log-format", "how the log on stderr is written: text or json")
	setting(command, "log-format")
	flags.Var(checked{&o.logLevel, "LEVEL", logLevel}, "log-level", "what is logged: debug, info, warn or error")
	setting(command, "log-level")
	flags.Var(&o.rateLimit, "rate-limit", "requests of each API key, such as 20/s, or 20/s,100 for 100 at once (default no limit)")
	setting(command, "rate-limit")
	flags.Var(&o.trustedProxies, "trusted-proxies", "proxies whose X-Forwarded-For is believed: addresses or networks, with commas between them (default none)")
	setting(command, "trusted-proxies")
	return command
}

func hostAndPort(addr string) error {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return errors.New("it must be HOST:PORT, such as 127.0.0.1:8080")
	}
	return nil
}

func logFormat(format string) error {
	if format != "text" && format != "json" {
		return errors.New("it must be text or json")
	}
	return nil
}

func logLevel(level string) error {
	if new(slog.Level).UnmarshalText([]byte(level)) != nil {
		return errors.New("it must be debug, info, warn or error")
	}
	return nil
}

func (o serveOptions) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
		return nil, err
	}
	options := &slog.HandlerOptions{Level: level}
	if o.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}

func (o serveOptions) serve(ctx context.Context, st *store.Store, log *slog.Logger, t *console) error {
	if err := st.Unlock(ctx, os.Getenv(store.SecretKeyVariable)); err != nil {
		return err
	}
	if _, err := st.FillInventory(ctx, inventory.Fictional()); err != nil {
		return fmt.Errorf("fill inventory: %w", err)
	}
	keys := workspaces(st)
	handler, err := rest.New(rest.Services{
		Phone:          &phone.Service{Store: st, Inventory: st, Claims: st, Now: time.Now, NewID: newID},
		Workspaces:     keys,
		Ready:          st.Ping,
		Log:            log,
		Now:            time.Now,
		About:          rest.About{Version: readBuild().String(), Database: st.Engine()},
		RateLimit:      o.rateLimit.RateLimit,
		TrustedProxies: o.trustedProxies,
	})
	if err != nil {
		return err
	}
	// The address comes before the first key: a key that is made and not shown would be lost.
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return fmt.Errorf("%w; choose another address with --addr", err)
	}
	key, err := keys.CreateFirstKey(ctx, "default", "first")
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if key != "" {
		if err := printFirstKey(t, listener.Addr(), key); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	log.Info("serving", "address", listener.Addr().String(), "database", st.Name())

	upkeepCtx, stopUpkeep := context.WithCancel(ctx)
	var upkeep sync.WaitGroup
	upkeep.Go(func() { every(upkeepCtx, lastUsedInterval, log, "save when keys were last used", keys.SaveLastUsed) })
	upkeep.Go(func() {
		every(upkeepCtx, pruneInterval, log, "remove old idempotency keys", func(ctx context.Context) error {
			return st.PruneKeys(ctx, time.Now().Add(-phone.IdempotencyKeyTTL))
		})
	})
	err = serveHTTP(ctx, listener, handler, log)
	stopUpkeep()
	upkeep.Wait()
	return err
}

// serveHTTP serves until ctx ends, then stops accepting and lets what is in flight end.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader - netHTTPAllowed,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping", "timeout", drainTimeout)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		log.Warn("requests cut short", "error", err)
		return srv.Close()
	}
	return nil
}

// every does some work at once, then from time to time, and once more when ctx ends.
func every(ctx context.Context, interval time.Duration, log *slog.Logger, what string, work func(context.Context) error) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for done := false; ; {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), upkeepTimeout)
		if err := work(limited); err != nil {
			log.Warn("upkeep failed", "work", what, "error", err)
		}
		cancel()
		if done {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			done = true
		}
	}
}
