// Package rest puts the phone-number operations, and what a server needs beside them, on HTTP.
package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/server"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// BaseURL is the path that the operations are below.
const BaseURL = "/api"

// Services are what the handler serves. All are required.
type Services struct {
	Phone      *phone.Service
	Workspaces *workspace.Service
	Ready      func(context.Context) error // asks the database
	Log        *slog.Logger
}

// New returns the handler of the whole server.
func New(s Services) (http.Handler, error) {
	e := echo.New()
	e.Use(accessLog(s.Log))
	server.Register(e, operations{s.Phone}, server.Options{
		BaseURL:      BaseURL,
		Authenticate: authenticate(s.Workspaces),
		Logger:       s.Log,
	})
	e.GET("/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", func(c echo.Context) error {
		if err := s.Ready(c.Request().Context()); err != nil {
			return problem(fmt.Errorf("%w: %w", phone.ErrStorageUnavailable, err))
		}
		return c.String(http.StatusOK, "ok\n")
	})
	return e, serveSpec(e)
}

type workspaceKey struct{}

func authenticate(workspaces *workspace.Service) func(context.Context, string) (context.Context, error) {
	return func(ctx context.Context, key string) (context.Context, error) {
		w, err := workspaces.Authenticate(ctx, key)
		if errors.Is(err, workspace.ErrInvalidKey) {
			return nil, api.NewProblem(api.CodeUnauthorized, "")
		}
		if err != nil {
			return nil, problem(err)
		}
		return context.WithValue(ctx, workspaceKey{}, w), nil
	}
}

// workspaceOf returns the workspace that authenticate has put on the context; the zero Workspace, which owns nothing, before.
func workspaceOf(ctx context.Context) workspace.Workspace {
	w, _ := ctx.Value(workspaceKey{}).(workspace.Workspace)
	return w
}
