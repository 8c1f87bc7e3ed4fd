package server

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"
)

// Options say how [Register] serves.
type Options struct {
	// BaseURL stands before every path, such as "/api". Empty and "/" mean none, and a slash at the
	// end does not matter. Register panics if requests could not reach it.
	BaseURL string

	// Authenticate checks the API key of a request for an operation. Echo's context has the request,
	// the caller's address (RealIP, by the IPExtractor of the Echo), the headers of the response and
	// the operation ([OperationOf]).
	//
	// The context that it returns becomes the request's, and so the operation's: put on it who calls.
	// It becomes the request's also next to an error, so that a log can tell whose request was
	// refused; return nil then if nobody is known. Authenticate refuses a key with
	// api.NewProblem(api.CodeUnauthorized, ""); any other error is answered like an operation's.
	// Required.
	Authenticate func(c echo.Context, key string) (context.Context, error)

	// Middleware stands around every request, the first outermost: for logs, metrics, headers. After
	// next has returned, the response has its status, the request its context from Authenticate. The
	// response has its X-Request-Id before. An error or a panic of Middleware itself is answered as a
	// problem document too; middleware before it sees the error, and not yet the status.
	Middleware []echo.MiddlewareFunc

	// Logger gets a record, with the request id, for each request that is answered with a status of
	// 500 or more. Nil means slog.Default().
	Logger *slog.Logger
}

// usableBaseURL has the characters that a URL path can hold as they are, but for ":" and "*", which
// Echo reads as parameters.
var usableBaseURL = regexp.MustCompile(`^(/[A-Za-z0-9._~!$&'()+,;=@-]+)+$`)

// baseURL returns what to put before each path. It panics if no request could match: callers
// normalize "." and "..", and percent escapes reach Echo in more than one form.
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
