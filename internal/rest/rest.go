// Package rest serves the phone-number operations over HTTP, with everything else that a server needs.
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

// probes are the methods of the paths that are not operations. Monitors use HEAD.
var probes = []string{http.MethodGet, http.MethodHead}

// BaseURL is the path that the operations are below.
const BaseURL = "/api"

// requestTimeout is how long a request may take, including all its waits for the database. It is longer than any single one of
// those waits, and shorter than the time that the server has to write a response.
const requestTimeout = 10 * time.Second

// Services says what the handler serves and how. The first group of fields is required.
type Services struct {
	Phone      *phone.Service
	Workspaces *workspace.Service
	Ready      func(context.Context) error // checks the database
	Log        *slog.Logger
	Now        func() time.Time

	About          About        // for the start page
	RateLimit      RateLimit    // of each API key
	TrustedProxies []*net.IPNet // whose X-Forwarded-For header to trust
	Sandbox        *Sandbox     // nil for a server that is not a sandbox
}

// Sandbox is what a sandbox adds to the server.
type Sandbox struct {
	Observe  echo.MiddlewareFunc // around each request for a path of the API
	Register func(*echo.Echo)    // adds the control paths, after the paths of the API
}

// New returns the handler of the whole server.
func New(s Services) (http.Handler, error) {
	pages, err := readPages(s.About, s.Sandbox != nil)
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.IPExtractor = clientAddress(s.TrustedProxies)
	server.Register(e, operations{s.Phone}, server.Options{
		BaseURL:      BaseURL,
		Authenticate: s.authenticate(),
		Middleware: []echo.MiddlewareFunc{
			accessLog(s.Log),
			announceIdempotency,
			s.observe(),
			limitTime,
			pageForNothing(pages.nothing),
		},
		Logger: s.Log,
	})
	e.Match(probes, "/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.Match(probes, "/readyz", func(c echo.Context) error {
		if err := s.Ready(c.Request().Context()); err != nil {
			return Problem(fmt.Errorf("%w: %w", phone.ErrStorageUnavailable, err))
		}
		return c.String(http.StatusOK, "ok\n")
	})
	pages.serve(e)
	if s.Sandbox != nil {
		s.Sandbox.Register(e)
		pages.serveControl(e)
		if err := serveSpec(e, "control", control); err != nil {
			return nil, err
		}
	}
	return e, serveSpec(e, "openapi", openAPI)
}

// observe returns the middleware of the sandbox, or one that does nothing.
func (s Services) observe() echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		if s.Sandbox == nil {
			return next
		}
		observed := s.Sandbox.Observe(next)
		return func(c echo.Context) error {
			if isBelowBaseURL(c.Request().URL.Path) {
				return observed(c)
			}
			return next(c)
		}
	}
}
