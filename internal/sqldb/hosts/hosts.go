// Package hosts connects to the one of several PostgreSQL hosts that accepts writes.
package hosts

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// connector connects to one of its hosts. libpq and pgx always try the hosts in the order of
// the URL. If the first host does not respond, every new connection waits for it, and a caller with a shorter timeout never
// reaches the next host. Here, an attempt starts with the host that worked last, or after the one that failed last.
type connector struct {
	each  []driver.Connector
	first atomic.Int64
}

// Connector returns a connector for the host and the fallbacks of a configuration.
func Connector(config *pgx.ConnConfig) driver.Connector {
	h := &connector{}
	all := append([]*pgconn.FallbackConfig{{Host: config.Host, Port: config.Port, TLSConfig: config.TLSConfig}}, config.Fallbacks...)
	for len(all) > 0 {
		same := 1 // a host can be listed twice, with and without TLS
		for same < len(all) && all[same].Host == all[0].Host && all[same].Port == all[0].Port {
			same++
		}
		one := config.Copy()
		one.DialFunc = onlyToConnect(config.DialFunc)
		one.Host, one.Port, one.TLSConfig, one.Fallbacks = all[0].Host, all[0].Port, all[0].TLSConfig, all[1:same]
		h.each = append(h.each, stdlib.GetConnector(*one, stdlib.OptionShouldPing(pingFails)))
		all = all[same:]
	}
	return h
}

// Connect implements driver.Connector.
func (h *connector) Connect(ctx context.Context) (driver.Conn, error) {
	ctx = context.WithValue(ctx, connecting{}, true)
	first, count := h.first.Load(), int64(len(h.each))
	var failed []error
	for i := range count {
		host := (first + i) % count
		conn, err := h.each[host].Connect(ctx)
		if err == nil {
			return conn, nil
		}
		failed = append(failed, err)
		h.first.CompareAndSwap(host, (host+1)%count)
		if ctx.Err() != nil {
			break // the other hosts were not tried
		}
	}
	return nil, errors.Join(failed...)
}

// connecting marks the context of an attempt to connect.
type connecting struct{}

var errNoCancel = errors.New("statements are not canceled")

// onlyToConnect keeps pgx from canceling the statement of a caller whose context has ended. Canceling a commit that waits for
// the standby would end the wait: others would then see a change that is not yet on another machine. Without the cancellation,
// the change stays invisible until the standby has it. Other statements end at the statement_timeout.
func onlyToConnect(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if ctx.Value(connecting{}) == nil {
			return nil, errNoCancel
		}
		return dial(ctx, network, address)
	}
}

// Driver implements driver.Connector.
func (h *connector) Driver() driver.Driver { return stdlib.GetDefaultDriver() }

// How long an idle connection is assumed to be alive, and how long a ping may take.
const (
	idleTrust   = time.Second
	pingTimeout = time.Second
)

// pingFails pings an idle connection with a short timeout. If the ping fails, pgx pings again and finds that the connection is
// closed.
func pingFails(ctx context.Context, p stdlib.ShouldPingParams) bool {
	if p.IdleDuration < idleTrust {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return p.Conn.Ping(ctx) != nil
}
