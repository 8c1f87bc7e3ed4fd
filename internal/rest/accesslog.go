package rest

import (
	"log/slog"
	"regexp"
	"time"

	"github.com/labstack/echo/v4"
)

// accessLog logs one line per response. The line has the route instead of the path, and no query, header or body, because those
// can contain numbers, keys and passwords.
func accessLog(log *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			start := time.Now()
			defer func() { logRequest(log, c, start) }() // also for a request that panics
			return next(c)
		}
	}
}

func logRequest(log *slog.Logger, c echo.Context, start time.Time) {
	ctx, handler := c.Request().Context(), log.Handler()
	if !handler.Enabled(ctx, slog.LevelInfo) {
		return
	}
	now := time.Now()
	line := slog.NewRecord(now, slog.LevelInfo, "request", 0) // without the caller, which log.LogAttrs would look up each time
	line.AddAttrs(
		slog.String("request_id", c.Response().Header().Get(echo.HeaderXRequestID)),
		slog.String("method", c.Request().Method),
		slog.String("route", c.Path()),
		slog.Int("status", c.Response().Status),
		slog.Duration("duration", now.Sub(start)),
	)
	if id := traceID(c.Request().Header.Get("Traceparent")); id != "" {
		line.AddAttrs(slog.String("trace_id", id))
	}
	if w := WorkspaceOf(ctx); w.Name != "" {
		line.AddAttrs(slog.String("workspace", w.Name))
	}
	_ = handler.Handle(ctx, line) // as slog.Logger does
}

// traceparent matches the header of W3C Trace Context in any version. Later versions may add fields at the end.
var traceparent = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$`)

func traceID(header string) string {
	if header == "" {
		return ""
	}
	if match := traceparent.FindStringSubmatch(header); match != nil {
		return match[1]
	}
	return ""
}
