package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vogent-community/phonenumbers/internal/sqldb/hosts"
)

// ConnectionLimits limits how a server uses a database. With SQLite, only Turn and the settings for comparisons have an effect.
// Zero means the default.
type ConnectionLimits struct {
	Connections   int           // the maximum number of open connections
	ConnectionAge time.Duration // the age at which a connection is replaced
	Statement     time.Duration // how long a statement may take; the default is no limit
	Turn          time.Duration // how long a change waits for its turn in this process

	// These settings are for comparisons.
	Together int  // how many changes can share a transaction; 1 means that none do
	Unsynced bool // whether SQLite acknowledges a commit before it is on the disk
}

// The defaults of ConnectionLimits.
const (
	DefaultConnections   = 16
	DefaultConnectionAge = time.Hour
	DefaultTurn          = 3 * time.Second
)

const (
	connectTimeout = 2 * time.Second  // for each host, if the URL has no connect_timeout
	frozenTimeout  = 30 * time.Second // how long a process that hangs in a transaction keeps its locks
)

// turn returns how long a change waits for its turn. The wait for a lock of another process has its own limit: the busy_timeout
// of SQLite or the statement_timeout of PostgreSQL.
func (l ConnectionLimits) turn() time.Duration { return cmp.Or(l.Turn, DefaultTurn) }

// together returns how many changes can share a transaction. More would hardly make each of them cheaper.
func (l ConnectionLimits) together() int { return cmp.Or(l.Together, 64) }

func openPostgres(ctx context.Context, url string, app Application, l ConnectionLimits) (*DB, error) {
	config, err := postgresConfig(url, app.Name)
	if err != nil {
		return nil, err
	}
	// The migrations use a connection without the limits, which are for the statements of a server.
	migrator := sql.OpenDB(hosts.Connector(config))
	if err = migrator.PingContext(ctx); err == nil {
		err = migrate(ctx, migrator, postgresEngine, app)
	}
	if err := errors.Join(err, migrator.Close()); err != nil {
		return nil, err
	}
	if l.Statement > 0 {
		config.RuntimeParams["statement_timeout"] = strconv.FormatInt(l.Statement.Milliseconds(), 10)
	}
	db := sql.OpenDB(hosts.Connector(config))
	connections := cmp.Or(l.Connections, DefaultConnections)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxLifetime(cmp.Or(l.ConnectionAge, DefaultConnectionAge))
	opened := &DB{
		name: postgresName(config), engine: postgresEngine, reader: db, writer: db,
		patience: batchPatience, turn: l.turn(), most: l.together(),
	}
	opened.carryOut = opened.carryOutPostgres
	return opened, nil
}

// postgresConfig reads a URL as libpq does. By default, it requires a host that accepts writes, because a server needs one.
func postgresConfig(url, application string) (*pgx.ConnConfig, error) {
	before, _, _ := strings.Cut(url, "?")
	if _, path, _ := strings.Cut(strings.SplitN(before, "://", 2)[1], "/"); strings.Count(before, "@") > 1 || strings.Contains(path, "@") {
		return nil, errors.New("the user name or password in the URL contains @ or /; write %40 for @, %2F for / and %25 for %")
	}
	config, err := pgx.ParseConfig(url)
	if err != nil { // err contains the URL, and pgx may not recognize every password in it
		text := err.Error()
		return nil, fmt.Errorf("read the URL: %s", text[strings.LastIndex(text, "`")+1:])
	}
	if config.ValidateConnect == nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	for name, value := range map[string]string{
		"application_name":                    application,
		"idle_in_transaction_session_timeout": strconv.FormatInt(frozenTimeout.Milliseconds(), 10),
	} {
		if config.RuntimeParams[name] == "" {
			config.RuntimeParams[name] = value
		}
	}
	return config, nil
}

// postgresName returns a URL with the hosts and the name of a database, but without the user and the password.
func postgresName(config *pgx.ConnConfig) string {
	names := []string{net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))}
	for _, f := range config.Fallbacks {
		if host := net.JoinHostPort(f.Host, strconv.Itoa(int(f.Port))); host != names[len(names)-1] { // with and without TLS
			names = append(names, host)
		}
	}
	return fmt.Sprintf("postgres://%s/%s", strings.Join(names, ","), config.Database)
}
