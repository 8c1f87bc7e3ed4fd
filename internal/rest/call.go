package rest

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// call is what belongs to an HTTP request beside what the operation is given.
type call struct {
	address   string              // of the caller
	header    http.Header         // of the answer
	workspace workspace.Workspace // the zero Workspace, which owns nothing, before the key is checked
}

type callKey struct{}

// callOf returns the call that describeCall has put on the context.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

func workspaceOf(ctx context.Context) workspace.Workspace { return callOf(ctx).workspace }

// describeCall puts the call on the context, and tells callers of the API that idempotency keys are honoured here.
func describeCall(next echo.HandlerFunc) echo.HandlerFunc {
	ttl := strconv.Itoa(int(phone.IdempotencyKeyTTL.Seconds()))
	return func(c echo.Context) error {
		r, header := c.Request(), c.Response().Header()
		if strings.HasPrefix(r.URL.Path+"/", BaseURL+"/") {
			header.Set("Idempotency-Key-TTL", ttl)
		}
		if r.Method == http.MethodPost && takesKey[c.Path()] && r.Header.Values("Idempotency-Key") != nil {
			header.Set("Idempotent-Replayed", "false") // an operation that replays says so later
		}
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), callKey{}, &call{address: c.RealIP(), header: header})))
		return next(c)
	}
}

// limitTime gives each request an end, so that a database that has fallen silent holds nobody for ever.
func limitTime(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), requestTimeout)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// takesKey has the routes of the operations that take an idempotency key.
var takesKey = map[string]bool{BaseURL + "/phone_numbers": true, BaseURL + "/phone_numbers/purchase": true}
