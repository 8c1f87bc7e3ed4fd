// Package ownserver has the commands for your own server. They run the server or change its database.
package ownserver

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/serve"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
)

type serveOptions struct {
	version                   string
	addr, logFormat, logLevel string
	db                        *string
	limits                    sqldb.ConnectionLimits
	rateLimit                 rateLimitFlag
	trustedProxies            networksFlag
}

// Commands returns the commands. version is the version of the program.
func Commands(version string) []*cobra.Command {
	return []*cobra.Command{serveCommand(version), sandboxCommand(version), keysCommand(), inventoryCommand(), secretsCommand(), dbCommand()}
}

func serveCommand(version string) *cobra.Command {
	o := serveOptions{
		version: version,
		addr:    "127.0.0.1:8080", logFormat: "text", logLevel: "info",
		limits: sqldb.ConnectionLimits{Connections: sqldb.DefaultConnections, ConnectionAge: sqldb.DefaultConnectionAge, Statement: serve.DefaultStatementTimeout},
	}
	command := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server. If the SQLite file does not exist, the server creates it. If the database has no API
key, the server creates one in the workspace "default". It prints the key once, with commands to
try. With --json, it prints the key and the address of the API as JSON instead.

The server encrypts SIP passwords with the key in PHONENUMBERS_SECRET_KEY: 32 bytes in base64, or
several keys separated by commas. The first key encrypts; all of them decrypt. If the variable is
not set, the server uses a key file next to the SQLite file, and creates it at the first start. The
key file of phonenumbers.db is phonenumbers.db.key. Back up the key file too, and keep it in a
different place. Without it, the SIP passwords are lost.

With a postgres:// URL, the server uses PostgreSQL 14 or newer. Several servers can share the
database. Set PHONENUMBERS_SECRET_KEY to the same value on all of them. The URL has the format that
libpq reads. It can set sslmode, sslrootcert and other TLS options. It can also name several hosts;
the server uses the one that accepts writes. Set the URL in PHONENUMBERS_DB to keep the password out
of process listings.

On SIGINT or SIGTERM, the server finishes the requests in progress, for up to 15 seconds, and stops.`,
		Example: `  phonenumbers serve
  phonenumbers serve --addr 127.0.0.1:9000 --db /var/lib/phonenumbers.db --log-format json
  phonenumbers serve --db :memory:          # for tests: keeps nothing after it stops
  phonenumbers serve --db 'postgres://phonenumbers@db1,db2/phonenumbers?sslmode=verify-full'`,
		Args: arguments.None,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.limits.Connections < 1 || o.limits.ConnectionAge <= 0 || o.limits.Statement < time.Millisecond {
				return console.Usage(errors.New("--db-connections, --db-connection-age and --db-statement-timeout must be greater than zero"))
			}
			log, err := o.logger(c.ErrOrStderr())
			if err != nil {
				return err
			}
			err = o.serve(c.Context(), log, arguments.ConsoleOf(c))
			if c.Context().Err() != nil && errors.Is(err, context.Canceled) {
				log.Info("stopped before the server was ready")
				return nil
			}
			return err
		},
	}
	flags := command.Flags()
	flags.Var(arguments.Checked(&o.addr, "HOST:PORT", hostAndPort), "addr", "listen on this address; with port 0, the system picks a free port")
	arguments.FromEnvironment(command, "addr")
	o.db = databaseFlag(command, "the database: the path of a SQLite file, a postgres:// URL, or :memory:, which is discarded on exit")
	flags.IntVar(&o.limits.Connections, "db-connections", o.limits.Connections, "use at most `N` connections to PostgreSQL; the total for all servers must stay below max_connections")
	arguments.FromEnvironment(command, "db-connections")
	flags.DurationVar(&o.limits.ConnectionAge, "db-connection-age", o.limits.ConnectionAge, "replace each connection to PostgreSQL after `DURATION`")
	arguments.FromEnvironment(command, "db-connection-age")
	flags.DurationVar(&o.limits.Statement, "db-statement-timeout", o.limits.Statement, "cancel a PostgreSQL statement after `DURATION`")
	arguments.FromEnvironment(command, "db-statement-timeout")
	flags.Var(arguments.Checked(&o.logFormat, "FORMAT", logFormat), "log-format", "the format of the log on stderr: text or json")
	arguments.FromEnvironment(command, "log-format")
	flags.Var(arguments.Checked(&o.logLevel, "LEVEL", logLevel), "log-level", "the lowest level to log: debug, info, warn or error")
	arguments.FromEnvironment(command, "log-level")
	flags.Var(&o.rateLimit, "rate-limit", "limit the requests of each API key: 20/s, or 20/s,100 to allow 100 at once (default: no limit)")
	arguments.FromEnvironment(command, "rate-limit")
	flags.Var(&o.trustedProxies, "trusted-proxies", "trust X-Forwarded-For from these proxies: addresses or networks, separated by commas (default: none)")
	arguments.FromEnvironment(command, "trusted-proxies")
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

// serve serves until ctx ends.
func (o serveOptions) serve(ctx context.Context, log *slog.Logger, t *console.Console) error {
	server, err := serve.Start(ctx, serve.Options{
		Database:       *o.db,
		SecretKey:      os.Getenv(store.SecretKeyVariable),
		Limits:         o.limits,
		Addr:           o.addr,
		RateLimit:      o.rateLimit.RateLimit,
		TrustedProxies: o.trustedProxies,
		Version:        o.version,
		Log:            log,
		OnFirstKey:     func(baseURL, key string) error { return printFirstKey(t, baseURL, key) },
	})
	if err != nil {
		return listenError(err)
	}
	select {
	case <-ctx.Done():
	case <-server.Done():
	}
	return server.Stop()
}
