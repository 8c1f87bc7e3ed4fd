// Package rest puts the phone-number operations, and what a server needs beside them, on HTTP.
package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api/server"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// probes are the methods of what is no operation: monitors ask with HEAD.
var probes = []string{http.MethodGet, http.MethodHead}

// BaseURL is the path that the operations are below.
const BaseURL = "/api"

// requestTimeout is how long a request may take, with all its waits for the database: longer than the waits that have a bound
// of their own, shorter than what the server gives an answer.
const requestTimeout = 10 * time.Second

// Services are what the handler serves, and how. The first group is required.
type Services struct {
	Phone      *phone.Service
	Workspaces *workspace.Service
	Ready      func(context.Context) error // asks the database
	Log        *slog.Logger
	Now        func() time.Time

	About          About        // for the start page
	RateLimit      RateLimit    // of each API key
	TrustedProxies []*net.IPNet // whose X-Forwarded-For is believed
}

// New returns the handler of the whole server.
func New(s Services) (http.Handler, error) {
	e := echo.New()
	e.IPExtractor = clientAddress(s.TrustedProxies)
	e.Use(limitTime, describeCall, accessLog(s.Log))
	server.Register(e, operations{s.Phone}, server.Options{
		BaseURL:      BaseURL,
		Authenticate: s.authenticate(),
		Logger:       s.Log,
	})
	e.Match(probes, "/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.Match(probes, "/readyz", func(c echo.Context) error {
		if err := s.Ready(c.Request().Context()); err != nil {
			return problem(fmt.Errorf("%w: %w", phone.ErrStorageUnavailable, err))
		}
		return c.String(http.StatusOK, "ok\n")
	})
	return e, errors.Join(serveSpec(e), servePages(e, s.About))
}

// authenticate looks at the key before it looks at the address: a valid key is never refused because of where it comes from.
func (s Services) authenticate() func(context.Context, string) (context.Context, error) {
	wrong := newLimiter(badKeys, s.Now)
	var perKey *limiter
	if s.RateLimit != (RateLimit{}) {
		perKey = newLimiter(s.RateLimit, s.Now)
	}
	return func(ctx context.Context, key string) (context.Context, error) {
		k, err := s.Workspaces.Authenticate(ctx, key)
		if errors.Is(err, workspace.ErrInvalidKey) {
			return nil, wrong.takeBadKey(callOf(ctx).address)
		}
		if err != nil {
			return nil, problem(err)
		}
		callOf(ctx).workspace = k.Workspace
		return ctx, perKey.takeKey(k.ID, callOf(ctx).header)
	}
}

// clientAddress finds who calls. X-Forwarded-For counts only as far as trusted proxies have written it.
func clientAddress(trusted []*net.IPNet) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, network := range trusted {
		options = append(options, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}
