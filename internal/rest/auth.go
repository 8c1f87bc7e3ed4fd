package rest

import (
	"context"
	"errors"
	"net"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// authenticate checks the key before the address: a valid key is never refused because of the address that it comes from.
func (s Services) authenticate() func(echo.Context, string) (context.Context, error) {
	wrong := newLimiter(badKeys, s.Now)
	var perKey *limiter
	if s.RateLimit != (RateLimit{}) {
		perKey = newLimiter(s.RateLimit, s.Now)
	}
	return func(c echo.Context, key string) (context.Context, error) {
		ctx := c.Request().Context()
		k, err := s.Workspaces.Authenticate(ctx, key)
		if errors.Is(err, workspace.ErrInvalidKey) {
			return nil, wrong.takeBadKey(c.RealIP())
		}
		if err != nil {
			return nil, Problem(err)
		}
		if request, ok := ctx.Value(requestKey{}).(*requestContext); ok {
			request.workspace = k.Workspace
		}
		return ctx, perKey.takeKey(k.ID, c.Response().Header())
	}
}

// clientAddress finds the address of the caller. It believes only the part of X-Forwarded-For that trusted proxies have
// written.
func clientAddress(trusted []*net.IPNet) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, network := range trusted {
		options = append(options, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}
