package server

import (
	"log/slog"
	"slices"

	"github.com/labstack/echo/v4"
)

// Register serves impl on e. For every operation, it does what the contract requires: it sets the
// request id, checks the route (404, 405), the API key (401) and the type and size of the body (415,
// 413), and decodes strictly (400). It responds to every error, including an unknown path and a
// panic, with a problem document: the *api.Problem in the chain of the error, or else a 500 that does
// not reveal the error.
//
// Register sets the error handler and the binder of e, and adds middleware that sees every request.
// Use a separate Echo for it. If you add your own routes to e, their errors are handled in the same
// way and their bodies are decoded as strictly, but they are not authenticated.
func Register(e *echo.Echo, impl StrictServerInterface, options Options) {
	register(e, options, operations, func(router EchoRouter) {
		handlers{impl, &lists{}}.register(router)
	})
}

// register assembles the middleware and the routes. Echo finds the route before the first middleware runs.
func register(e *echo.Echo, options Options, operations []Operation, generated func(EchoRouter)) {
	if options.Authenticate == nil {
		panic("server.Register: Options.Authenticate is nil; without it, anyone could call the API")
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	problems := problemWriter{log: options.Logger}
	router := newRouter(e, options.baseURL(), operations)
	e.HTTPErrorHandler = problems.handle

	// Around every request, the first outermost:
	e.Use(assemble(slices.Concat([]echo.MiddlewareFunc{
		requestID,        // Give the response its X-Request-Id.
		problems.recover, // Respond to an error or a panic of the implementer's middleware.
	}, options.Middleware, []echo.MiddlewareFunc{ // Let the implementer log, count and set headers.
		problems.recover, // Respond to all other errors and panics, so that Middleware sees the status.
		exactPath,        // Reject a path that Echo matched to the wrong route (404).
	})))

	// Around every operation, the first outermost:
	router.around = func(op Operation) []echo.MiddlewareFunc {
		return []echo.MiddlewareFunc{
			authenticate(options.Authenticate), // Check the API key (401).
			readBody(op),                       // Read the body, and reject a wrong type or size (415, 413).
			checkParams(op),                    // Reject bad query and header parameters (400).
			// Here the generated code fills its request object; the binder decodes the body (400).
			// Then it calls the implementer's method.
		}
	}
	generated(router)
	router.checkAllAdded()
}

// assemble makes one middleware of several, the first of them outermost. It calls each of them once, while Echo would call them
// again for each request.
func assemble(middleware []echo.MiddlewareFunc) echo.MiddlewareFunc {
	assembled := func(c echo.Context) error { return c.Handler()(c) }
	for _, m := range slices.Backward(middleware) {
		assembled = m(assembled)
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.SetHandler(next) // which is the handler of the route, inside the middleware that was added to e later
			return assembled(c)
		}
	}
}
