package rest

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api/server"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

// announceIdempotency tells callers that this server honors idempotency keys.
func announceIdempotency(next echo.HandlerFunc) echo.HandlerFunc {
	ttl := []string{strconv.Itoa(int(phone.IdempotencyKeyTTL.Seconds()))}
	return func(c echo.Context) error {
		r, header := c.Request(), c.Response().Header()
		if isBelowBaseURL(r.URL.Path) {
			header["Idempotency-Key-Ttl"] = ttl
		}
		if r.Header["Idempotency-Key"] != nil {
			if op, _ := server.OperationOf(c); op.TakesIdempotencyKey {
				header.Set("Idempotent-Replayed", "false") // an operation that replays a response sets it to true later
			}
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

func isBelowBaseURL(path string) bool {
	rest, ok := strings.CutPrefix(path, BaseURL)
	return ok && (rest == "" || rest[0] == '/')
}
