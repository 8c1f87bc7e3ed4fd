package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
)

// problemWriter responds to errors with problem documents.
type problemWriter struct {
	log *slog.Logger
}

// recover responds to every error or panic of next, so that the middleware around it sees the status of every response.
func (w problemWriter) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := protect(next, c)
		if err == nil {
			return nil
		}
		var p *panicError
		if errors.As(err, &p) && c.Response().Committed {
			w.report(c.Request().Context(), err, c.Response().Header().Get(echo.HeaderXRequestID))
			panic(http.ErrAbortHandler) // the only way left to show the failure is to cut the response short
		}
		w.handle(err, c)
		return nil
	}
}

// panicError is an error for the panic of a handler.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

func protect(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		if failure, ok := value.(error); ok && errors.Is(failure, http.ErrAbortHandler) {
			panic(value) // the handler wants the response aborted
		}
		err = &panicError{value: value, stack: debug.Stack()}
	}()
	return next(c)
}

// statusClientGone is the status in the log if the caller hung up before the response. It is never sent.
const statusClientGone = 499

// handle is an echo.HTTPErrorHandler. It responds to err, and logs it if the server is at fault.
func (w problemWriter) handle(err error, c echo.Context) {
	response, ctx := c.Response(), c.Request().Context()
	requestID := response.Header().Get(echo.HeaderXRequestID)
	if response.Committed {
		w.log.DebugContext(ctx, "response not sent", "request_id", requestID, "error", err)
		return
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		response.WriteHeader(statusClientGone)
		return
	}
	problem := asProblem(err)
	problem.RequestID = requestID
	if problem.Status >= http.StatusInternalServerError {
		w.report(ctx, err, requestID)
	}
	body, failed := json.Marshal(problem)
	if failed != nil { // a Problem can always be encoded
		panic(failed)
	}
	header := response.Header()
	header.Set(echo.HeaderContentType, api.ProblemMediaType)
	if problem.Status == http.StatusUnauthorized {
		header.Set(echo.HeaderWWWAuthenticate, challenge(c.Request().Header))
	}
	if wait, ok := retryAfter(err, problem); ok {
		header.Set(echo.HeaderRetryAfter, strconv.FormatInt(int64(math.Ceil(wait.Seconds())), 10))
	}
	response.WriteHeader(problem.Status)
	if _, err := response.Write(append(body, '\n')); err != nil {
		w.log.DebugContext(ctx, "response not sent", "request_id", problem.RequestID, "error", err)
	}
}

// RetryAfter returns err with the time that the caller must wait before it tries again. The response has this time in
// its Retry-After header, in whole seconds, rounded up. Without RetryAfter, a 409, 429 or 503 response has one second.
func RetryAfter(err error, wait time.Duration) error { return &retryError{error: err, wait: wait} }

type retryError struct {
	error
	wait time.Duration
}

func (e *retryError) Unwrap() error { return e.error }

func retryAfter(err error, problem *api.Problem) (time.Duration, bool) {
	var retry *retryError
	if errors.As(err, &retry) {
		return max(retry.wait, time.Second), true
	}
	switch problem.Status {
	case http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return time.Second, true
	}
	return 0, false
}

// challenge returns the value of WWW-Authenticate. It has no error code if the request has no key (RFC 6750, section
// 3.1).
func challenge(header http.Header) string {
	if _, presented := bearerToken(header); presented {
		return `Bearer error="invalid_token"`
	}
	return "Bearer"
}

func (w problemWriter) report(ctx context.Context, err error, requestID string) {
	attrs := []slog.Attr{
		slog.String("request_id", requestID),
		slog.Any("error", err),
	}
	var p *panicError
	if errors.As(err, &p) {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	w.log.LogAttrs(ctx, slog.LevelError, "request failed", attrs...)
}

// asProblem returns a copy of the problem in the chain of err, or a new problem that fits err.
func asProblem(err error) *api.Problem {
	var problem *api.Problem
	if errors.As(err, &problem) {
		if problem == nil || problem.Status < http.StatusBadRequest || problem.Status > 599 {
			return api.NewProblem(api.CodeInternal, "") // made by hand, with a status that is not an error
		}
		own := *problem
		return &own
	}
	var httpError *echo.HTTPError
	if !errors.As(err, &httpError) {
		return api.NewProblem(api.CodeInternal, "")
	}
	switch {
	case httpError.Code == http.StatusNotFound:
		return api.NewProblem(api.CodeNotFound, "This path does not exist.")
	case httpError.Code == http.StatusMethodNotAllowed:
		return api.NewProblem(api.CodeMethodNotAllowed, "")
	case httpError.Code < http.StatusInternalServerError: // the parameter binding of the generated code
		return api.NewProblem(api.CodeInvalidRequest, fmt.Sprint(httpError.Message))
	}
	return api.NewProblem(api.CodeInternal, "")
}
