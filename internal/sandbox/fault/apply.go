package fault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/control"
)

// Apply carries out f, which Pick has returned for the request of c. It is for middleware, and next carries out the request.
// The caller must have read the whole body of the request, or the server would not notice that the client is gone. The context
// of the request must have no deadline that is too short for the latency. If stopped is closed during the latency, Apply cuts
// the connection.
//
// To cut the connection, Apply panics with http.ErrAbortHandler, so callers that need the status must defer. After Apply,
// c.Response().Status is the status that was sent. If the connection was cut after the work, it is the status of the work, and
// if it was cut before, it is 0.
func Apply(c echo.Context, f control.Fault, next echo.HandlerFunc, stopped <-chan struct{}) error {
	if !wait(c, f.LatencyMs, stopped) || f.Cut == control.CutBefore {
		cut(c, 0)
	}
	if f.Status == 0 && f.Cut == "" {
		c.Response().Header().Set(header, f.Name)
		return next(c)
	}
	var r *response
	if f.Status == 0 || f.AfterWork {
		r = record(c, next)
	}
	if f.Status != 0 {
		r = record(c, func(c echo.Context) error { return respond(c, f) })
		for name, value := range f.Headers {
			r.header.Set(name, value)
		}
	}
	r.header.Set(header, f.Name)
	if f.Cut == control.CutBody {
		r.sendHalf(c.Response())
	}
	if f.Cut != "" {
		cut(c, r.status)
	}
	return r.send(c.Response())
}

// cut closes the connection without sending anything more. status is for the caller of Apply.
func cut(c echo.Context, status int) {
	c.Response().Status = status
	panic(http.ErrAbortHandler)
}

// wait waits before a request is carried out. It returns false if the request or the sandbox ends earlier. After the wait, the
// server has as much time to write the response as without it.
func wait(c echo.Context, milliseconds int, stopped <-chan struct{}) bool {
	if milliseconds == 0 {
		return true
	}
	ctx := c.Request().Context()
	timer := time.NewTimer(time.Duration(milliseconds) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return false
	case <-stopped:
		return false
	}
	if d := writeTimeout(ctx); d > 0 {
		// If this fails, so does the write, and that error is reported.
		_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(d))
	}
	return true
}

// writeTimeout returns the WriteTimeout of the server that a request came to.
func writeTimeout(ctx context.Context) time.Duration {
	if server, ok := ctx.Value(http.ServerContextKey).(*http.Server); ok {
		return server.WriteTimeout
	}
	return 0
}

// ErrOnPurpose is in the chain of an error that a fault has made. The log of the sandbox leaves out such errors.
var ErrOnPurpose = errors.New("fault")

// codes has the code of the problem document for each status that the server sends.
var codes = map[int]api.ProblemCode{
	http.StatusBadRequest:            api.CodeInvalidRequest,
	http.StatusUnauthorized:          api.CodeUnauthorized,
	http.StatusNotFound:              api.CodeNotFound,
	http.StatusMethodNotAllowed:      api.CodeMethodNotAllowed,
	http.StatusConflict:              api.CodeIdempotencyInProgress,
	http.StatusRequestEntityTooLarge: api.CodePayloadTooLarge,
	http.StatusUnsupportedMediaType:  api.CodeUnsupportedMediaType,
	http.StatusUnprocessableEntity:   api.CodeValidationFailed,
	http.StatusTooManyRequests:       api.CodeRateLimited,
	http.StatusInternalServerError:   api.CodeInternal,
	http.StatusServiceUnavailable:    api.CodeStorageUnavailable,
}

// respond makes the response of a fault with a status.
func respond(c echo.Context, f control.Fault) error {
	if f.Body != "" {
		return c.Blob(f.Status, "text/html; charset=utf-8", []byte(f.Body))
	}
	if code, ok := codes[f.Status]; ok {
		return fmt.Errorf("%w %s: %w", ErrOnPurpose, f.Name, api.NewProblem(code, ""))
	}
	return c.NoContent(f.Status)
}
