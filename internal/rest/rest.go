// Package rest puts the phone-number operations, and what a server needs beside them, on HTTP.
package rest

import (
	"context"
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

// probes are the methods of the paths that are not operations: monitors use HEAD.
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
	TrustedProxies []*net.IPNet // whose X-Forwarded-For header to trust
}

// New returns the handler of the whole server.
func New(s Services) (http.Handler, error) {
	pages, err := readPages(s.About)
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.IPExtractor = clientAddress(s.TrustedProxies)
	server.Register(e, operations{s.Phone}, server.Options{
		BaseURL:      BaseURL,
		Authenticate: s.authenticate(),
		Middleware: []echo.MiddlewareFunc{
			limitTime,
			accessLog(s.Log),
			announceIdempotency,
			pageForNothing(pages.nothing),
		},
		Logger: s.Log,
	})
	e.Match(probes, "/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.Match(probes, "/readyz", func(c echo.Context) error {
		if err := s.Ready(c.Request().Context()); err != nil {
			return problem(fmt.Errorf("%w: %w", phone.ErrStorageUnavailable, err))
		}
		return c.String(http.StatusOK, "ok\n")
	})
	pages.serve(e)
	return e, serveSpec(e)
}
