package rest

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api/server"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

// limitTime gives each request a deadline, so that no caller waits forever for a database that does not respond.
func limitTime(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), requestTimeout)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// announceIdempotency tells callers that this server honors idempotency keys.
func announceIdempotency(next echo.HandlerFunc) echo.HandlerFunc {
	ttl := strconv.Itoa(int(phone.IdempotencyKeyTTL.Seconds()))
	return func(c echo.Context) error {
		r, header := c.Request(), c.Response().Header()
		if isBelowBaseURL(r.URL.Path) {
			header.Set("Idempotency-Key-TTL", ttl)
		}
		op, _ := server.OperationOf(c)
		if op.TakesIdempotencyKey && r.Header.Values("Idempotency-Key") != nil {
			header.Set("Idempotent-Replayed", "false") // an operation that replays a response sets it to true later
		}
		return next(c)
	}
}

// pageForNothing returns middleware that sends a browser a page if Echo has found no route.
func pageForNothing(page string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if c.Path() == "" && wantsPage(c.Request()) {
				return servePage(c, http.StatusNotFound, page)
			}
			return next(c)
		}
	}
}

// wantsPage reports whether a request is from a browser for a page, not from a program.
func wantsPage(r *http.Request) bool {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	return reads && !isBelowBaseURL(r.URL.Path) && strings.Contains(r.Header.Get("Accept"), "text/html")
}

func isBelowBaseURL(path string) bool { return strings.HasPrefix(path+"/", BaseURL+"/") }
