package server

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"
)

// Options configure [Register].
type Options struct {
	// BaseURL is the prefix of every path, such as "/api". Empty and "/" mean no prefix, and a slash at
	// the end is ignored. Register panics if requests could not reach the paths.
	BaseURL string

	// Authenticate checks the API key of a request for an operation. It is required. Its first argument,
	// Echo's context, gives access to the request, the caller's address (RealIP, which uses Echo's
	// IPExtractor), the headers of the response and the operation ([OperationOf]).
	//
	// The context that Authenticate returns becomes the context of the request, and is passed to the
	// operation: add the caller to it. It is used even if Authenticate returns an error, so that a log
	// can show whose request was rejected. Return nil if the caller is not known. To reject a key, return
	// api.NewProblem(api.CodeUnauthorized, ""). Any other error is handled like an error of an operation.
	Authenticate func(c echo.Context, key string) (context.Context, error)

	// Middleware wraps every request, for logs, metrics or headers. The first one is the outermost.
	// Register calls each of them once, and all requests share what they return. The response has its
	// X-Request-Id before Middleware runs. After next returns, the response has its status, and the
	// request has the context from Authenticate. If Middleware itself fails or panics, the caller gets a
	// problem document too. In that case, the middleware around it sees the error, but not the status.
	Middleware []echo.MiddlewareFunc

	// Logger records each response with a status of 500 or higher, with its request id. The default is
	// slog.Default().
	Logger *slog.Logger
}

// usableBaseURL allows the characters that a URL path can contain without escaping, except ":" and
// "*", which Echo reads as parameters.
var usableBaseURL = regexp.MustCompile(`^(/[A-Za-z0-9._~!$&'()+,;=@-]+)+$`)

// baseURL returns the prefix of every path. It panics if no request could match it: callers normalize
// "." and "..", and percent escapes reach Echo in more than one form.
func (o Options) baseURL() string {
	if o.BaseURL == "" || o.BaseURL == "/" {
		return ""
	}
	base := strings.TrimSuffix(o.BaseURL, "/")
	dots := strings.Contains(base+"/", "/./") || strings.Contains(base+"/", "/../")
	if dots || !usableBaseURL.MatchString(base) {
		panic(fmt.Sprintf("server.Register: Options.BaseURL is %q; it must be empty, or a path such as "+
			`"/api" or "/v1/api" made of letters, digits and any of ._~!$&'()+,;=@-`, o.BaseURL))
	}
	return base
}
