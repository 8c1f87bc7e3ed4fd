package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// hosts connects to that of several PostgreSQL hosts that takes writes. libpq and pgx ask them in the order of the URL each
// time: where the first machine has fallen silent, every new connection would wait for it, the last ones for ever. Here an
// attempt begins with the host that worked last, and after one that failed, or was given up, with the next one.
type hosts struct {
	each  []driver.Connector
	first atomic.Int64
}

func newHosts(config *pgx.ConnConfig) *hosts {
	h := &hosts{}
	all := append([]*pgconn.FallbackConfig{{Host: config.Host, Port: config.Port, TLSConfig: config.TLSConfig}}, config.Fallbacks...)
	for len(all) > 0 {
		same := 1 // a host can be there with and without TLS
		for same < len(all) && all[same].Host == all[0].Host && all[same].Port == all[0].Port {
			same++
		}
		one := config.Copy()
		one.Host, one.Port, one.TLSConfig, one.Fallbacks = all[0].Host, all[0].Port, all[0].TLSConfig, all[1:same]
		h.each = append(h.each, stdlib.GetConnector(*one, stdlib.OptionShouldPing(pingFails)))
		all = all[same:]
	}
	return h
}

// Connect implements driver.Connector.
func (h *hosts) Connect(ctx context.Context) (driver.Conn, error) {
	first, count := h.first.Load(), int64(len(h.each))
	h.first.CompareAndSwap(first, (first+1)%count)
	var failed []error
	for i := range count {
		host := (first + i) % count
		conn, err := h.each[host].Connect(ctx)
		if err == nil {
			h.first.Store(host)
			return conn, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

// Driver implements driver.Connector.
func (h *hosts) Driver() driver.Driver { return stdlib.GetDefaultDriver() }

// How long an idle connection is believed to be alive, and how long it has to show it.
const (
	idleTrust   = time.Second
	pingTimeout = time.Second
)

// pingFails lets pgx ping, and find the connection closed, where a ping with a shorter patience has failed.
func pingFails(ctx context.Context, p stdlib.ShouldPingParams) bool {
	if p.IdleDuration < idleTrust {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return p.Conn.Ping(ctx) != nil
}
