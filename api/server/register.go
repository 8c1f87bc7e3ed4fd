package server

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"
)

// Options say how [Register] serves.
type Options struct {
	// BaseURL stands before every path, such as "/api". Empty means none.
	BaseURL string

	// Authenticate checks the API key of a request. What it puts on the context reaches the operation. It refuses a key
	// with api.NewProblem(api.CodeUnauthorized, ""); any other error is answered like an operation's. Required.
	Authenticate func(ctx context.Context, key string) (context.Context, error)

	// Logger gets a record, with the request id, for each request that is answered with a status of 500 or more.
	// Nil means slog.Default().
	Logger *slog.Logger
}

// Register serves impl on e. Around every operation stand, in this order: the request id, recovery from panics, the
// route (404, 405), the API key (401), the body's type and size (415, 413), strict decoding (400). Every error, an
// unknown path and a panic included, is answered as a problem document: an *api.Problem anywhere in the chain of the
// error as it is, any other error as a 500 that shows nothing of it.
//
// Register sets the error handler and the binder of e, and middleware that sees every request; give it an Echo of its
// own. Further routes on e get the same treatment of errors, but no authentication.
func Register(e *echo.Echo, impl StrictServerInterface, options Options) {
	if options.Authenticate == nil {
		panic("server.Register: Options.Authenticate is nil; without it anyone could call the API")
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	problems := problemWriter{log: options.Logger}
	e.HTTPErrorHandler = problems.handle
	e.Binder = strictBinder{}
	e.Use(requestID, problems.recover, exactPath)

	routes := operationRoutes{echo: e, baseURL: options.BaseURL, authenticate: authenticate(options.Authenticate)}
	RegisterHandlers(routes, NewStrictHandler(impl, []StrictMiddlewareFunc{completeResponses()}))
}

// operationRoutes is the router that the generated code registers its operations on. It puts the checks in front of
// each, so that a new operation cannot come without them.
type operationRoutes struct {
	echo         *echo.Echo
	baseURL      string
	authenticate echo.MiddlewareFunc
}

func (r operationRoutes) add(method, path string, h echo.HandlerFunc, m []echo.MiddlewareFunc) *echo.Route {
	checks := []echo.MiddlewareFunc{r.authenticate, readBody, strictParams(params[method+" "+path])}
	return r.echo.Add(method, r.baseURL+path, h, append(checks, m...)...)
}

func (r operationRoutes) CONNECT(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodConnect, path, h, m)
}

func (r operationRoutes) DELETE(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodDelete, path, h, m)
}

func (r operationRoutes) GET(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodGet, path, h, m)
}

func (r operationRoutes) HEAD(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodHead, path, h, m)
}

func (r operationRoutes) OPTIONS(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodOptions, path, h, m)
}

func (r operationRoutes) PATCH(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodPatch, path, h, m)
}

func (r operationRoutes) POST(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodPost, path, h, m)
}

func (r operationRoutes) PUT(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodPut, path, h, m)
}

func (r operationRoutes) TRACE(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodTrace, path, h, m)
}
