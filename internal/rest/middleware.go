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

// limitTime gives each request an end, so that a database that has fallen silent holds nobody for
// ever.
func limitTime(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), requestTimeout)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// announceIdempotency tells callers of the API that idempotency keys are honored here.
func announceIdempotency(next echo.HandlerFunc) echo.HandlerFunc {
	ttl := strconv.Itoa(int(phone.IdempotencyKeyTTL.Seconds()))
	return func(c echo.Context) error {
		r, header := c.Request(), c.Response().Header()
		if isBelowBaseURL(r.URL.Path) {
			header.Set("Idempotency-Key-TTL", ttl)
		}
		op, _ := server.OperationOf(c)
		if op.TakesIdempotencyKey && r.Header.Values("Idempotency-Key") != nil {
			header.Set("Idempotent-Replayed", "false") // an operation that replays says so later
		}
		return next(c)
	}
}

// pageForNothing returns middleware that answers a browser with a page if Echo has found no route.
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

// wantsPage reports whether a browser asks for a page, and not a program for an answer.
func wantsPage(r *http.Request) bool {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	return reads && !isBelowBaseURL(r.URL.Path) && strings.Contains(r.Header.Get("Accept"), "text/html")
}

func isBelowBaseURL(path string) bool { return strings.HasPrefix(path+"/", BaseURL+"/") }
