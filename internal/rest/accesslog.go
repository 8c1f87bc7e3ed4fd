package rest

import (
	"log/slog"
	"regexp"
	"time"

	"github.com/labstack/echo/v4"
)

// accessLog writes a line for each answer. It has the route, not the path, and no query, header or body: those can hold
// numbers, keys and passwords.
func accessLog(log *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			start := time.Now()
			defer func() { logRequest(log, c, start) }() // also of a request that ends in a panic
			return next(c)
		}
	}
}

func logRequest(log *slog.Logger, c echo.Context, start time.Time) {
	attrs := []slog.Attr{
		slog.String("request_id", c.Response().Header().Get(echo.HeaderXRequestID)),
		slog.String("method", c.Request().Method),
		slog.String("route", c.Path()),
		slog.Int("status", c.Response().Status),
		slog.Duration("duration", time.Since(start)),
	}
	if id := traceID(c.Request().Header.Get("Traceparent")); id != "" {
		attrs = append(attrs, slog.String("trace_id", id))
	}
	if w := workspaceOf(c.Request().Context()); w.Name != "" {
		attrs = append(attrs, slog.String("workspace", w.Name))
	}
	log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request", attrs...)
}

// traceparent is the header of W3C Trace Context, any version; later ones may add to the end.
var traceparent = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$`)

func traceID(header string) string {
	if match := traceparent.FindStringSubmatch(header); match != nil {
		return match[1]
	}
	return ""
}
