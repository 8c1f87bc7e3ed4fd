// Package ownserver has the commands of a server of your own: they run it, or work on its database.
package ownserver

import (
	"context"
	"errors"
	"fmt"
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

// Commands are all of them. The version is that of the program.
func Commands(version string) []*cobra.Command {
	return []*cobra.Command{serveCommand(version), keysCommand(), inventoryCommand(), secretsCommand(), dbCommand()}
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
		Args: arguments.None,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.limits.Connections < 1 || o.limits.ConnectionAge <= 0 || o.limits.Statement < time.Millisecond {
				return console.Usage(errors.New("--db-connections, --db-connection-age and --db-statement-timeout must be more than zero"))
			}
			log, err := o.logger(c.ErrOrStderr())
			if err != nil {
				return err
			}
			err = o.serve(c.Context(), log, arguments.ConsoleOf(c))
			if c.Context().Err() != nil && errors.Is(err, context.Canceled) {
				log.Info("stopped before serving")
				return nil
			}
			return err
		},
	}
	flags := command.Flags()
	flags.Var(arguments.Checked(&o.addr, "HOST:PORT", hostAndPort), "addr", "the address to listen on; port 0 takes a free one")
	arguments.FromEnvironment(command, "addr")
	o.db = databaseFlag(command, "the database, :memory: for one that is gone with the process")
	flags.IntVar(&o.limits.Connections, "db-connections", o.limits.Connections, "the most connections to PostgreSQL, `N`; the sum of all servers must be below its max_connections")
	arguments.FromEnvironment(command, "db-connections")
	flags.DurationVar(&o.limits.ConnectionAge, "db-connection-age", o.limits.ConnectionAge, "replace a connection to PostgreSQL after this `DURATION`")
	arguments.FromEnvironment(command, "db-connection-age")
	flags.DurationVar(&o.limits.Statement, "db-statement-timeout", o.limits.Statement, "how long PostgreSQL may work on a statement, as a `DURATION`")
	arguments.FromEnvironment(command, "db-statement-timeout")
	flags.Var(arguments.Checked(&o.logFormat, "FORMAT", logFormat), "log-format", "how the log on stderr is written: text or json")
	arguments.FromEnvironment(command, "log-format")
	flags.Var(arguments.Checked(&o.logLevel, "LEVEL", logLevel), "log-level", "what is logged: debug, info, warn or error")
	arguments.FromEnvironment(command, "log-level")
	flags.Var(&o.rateLimit, "rate-limit", "requests of each API key, such as 20/s, or 20/s,100 for 100 at once (default no limit)")
	arguments.FromEnvironment(command, "rate-limit")
	flags.Var(&o.trustedProxies, "trusted-proxies", "proxies whose X-Forwarded-For is believed: addresses or networks, with commas between them (default none)")
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
	if failure, ok := errors.AsType[*net.OpError](err); ok && failure.Op == "listen" {
		return fmt.Errorf("%w; choose another address with --addr", err)
	}
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-server.Done():
	}
	return server.Stop()
}
