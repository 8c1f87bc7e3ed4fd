package server

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
)

// requestID gives every answer an X-Request-Id: the caller's, if it is 1 to 128 visible ASCII characters, else a new random one.
func requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !visibleASCII(id, 128) {
			id = rand.Text()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id)
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

// exactPath answers 404 if Echo's last path parameter has swallowed slashes, or another is empty:
// /phone_numbers/x/y is not a path of the API, regardless of the method and the key.
func exactPath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !isExact(c) {
			return echo.ErrNotFound
		}
		return next(c)
	}
}

// isExact reports whether each parameter of the route has one segment of the path. It compares the
// two, as Echo has no values for a method that the path does not take.
func isExact(c echo.Context) bool {
	route, path := c.Path(), echo.GetPath(c.Request())
	if !strings.Contains(route, ":") || strings.Contains(route, "*") {
		return true // has no parameters, or is a further route and takes the rest
	}
	return strings.Count(path, "/") == strings.Count(route, "/") && !strings.Contains(path, "//")
}

// authenticate hands the bearer token (RFC 6750) to check and puts the context that it returns on
// the request.
func authenticate(check func(echo.Context, string) (context.Context, error)) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			key, ok := bearerToken(c.Request().Header)
			if !ok {
				return api.NewProblem(api.CodeUnauthorized, `Send an API key in the header "Authorization: Bearer KEY".`)
			}
			ctx, err := check(c, key)
			if ctx != nil {
				c.SetRequest(c.Request().WithContext(ctx))
			}
			switch {
			case err != nil:
				return err
			case ctx == nil: // refuse, rather than take a mistake for a valid key
				return errors.New("Options.Authenticate returned neither a context nor an error")
			}
			return next(c)
		}
	}
}

// bearerToken finds the token of the one Authorization header. The scheme's case does not matter (RFC 9110).
func bearerToken(header http.Header) (string, bool) {
	values := header.Values(echo.HeaderAuthorization)
	if len(values) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.Trim(token, " ")
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}
