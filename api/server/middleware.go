package server

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
)

// requestID gives every response an X-Request-Id. It takes the caller's if that has 1 to 128 visible ASCII characters,
// or else a new random one.
func requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !visibleASCII(id, 128) {
			id = rand.Text()
		}
		c.Response().Header()[echo.HeaderXRequestID] = []string{id}
		return next(c)
	}
}

func visibleASCII(s string, longest int) bool {
	if s == "" || len(s) > longest {
		return false
	}
	for i := range len(s) {
		if s[i] < '!' || s[i] > '~' {
			return false
		}
	}
	return true
}

// exactPath responds with 404 if Echo's last path parameter contains a slash, or if a path parameter is empty.
// /phone_numbers/x/y is not a path of the API, regardless of the method and the key.
func exactPath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !isExact(c) {
			return echo.ErrNotFound
		}
		return next(c)
	}
}

// isExact reports whether each parameter of the route matches exactly one segment of the path. It compares the route
// and the path, because Echo has no parameter values if the path does not support the method.
func isExact(c echo.Context) bool {
	route, path := c.Path(), echo.GetPath(c.Request())
	if !strings.Contains(route, ":") || strings.Contains(route, "*") {
		return true // no parameters, or the implementer's own route with a wildcard
	}
	return strings.Count(path, "/") == strings.Count(route, "/") && !strings.Contains(path, "//")
}

// authenticate passes the bearer token (RFC 6750) to check, and sets the context that check returns on the request.
func authenticate(check func(echo.Context, string) (context.Context, error)) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			key, ok := bearerToken(c.Request().Header)
			if !ok {
				return api.NewProblem(api.CodeUnauthorized, `Send an API key in the header "Authorization: Bearer KEY".`)
			}
			ctx, err := check(c, key)
			if ctx != nil && !same(ctx, c.Request().Context()) {
				c.SetRequest(c.Request().WithContext(ctx))
			}
			switch {
			case err != nil:
				return err
			case ctx == nil: // an implementer's mistake must not count as a valid key
				return errors.New("Options.Authenticate returned neither a context nor an error")
			}
			return next(c)
		}
	}
}

// same reports whether a and b are the same pointer to a context, so that the request need not be copied.
func same(a, b context.Context) bool { return reflect.TypeOf(a).Kind() == reflect.Pointer && a == b }

// bearerToken returns the token of the Authorization header. It returns false unless there is exactly one such header.
// The case of the scheme does not matter (RFC 9110).
func bearerToken(header http.Header) (string, bool) {
	values := header[echo.HeaderAuthorization]
	if len(values) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.Trim(token, " ")
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}
