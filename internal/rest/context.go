package rest

import (
	"context"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// requestContext is the context of a request. It has the workspace of the caller, and it ends when the caller hangs up or the
// time is over. Its timer only starts when somebody asks about the end, because a request that needs no database would be done
// before the timer is made.
type requestContext struct {
	parent    context.Context //nolint:containedctx // requestContext is a context itself
	deadline  time.Time
	workspace workspace.Workspace // authenticate sets it

	once   sync.Once
	timer  context.Context //nolint:containedctx // likewise; nil before once
	cancel context.CancelFunc
}

type requestKey struct{}

// limitTime gives each request a deadline, so that no caller waits forever for a database that does not respond.
func limitTime(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		ctx := &requestContext{parent: r.Context(), deadline: time.Now().Add(requestTimeout)}
		defer ctx.end()
		c.SetRequest(r.WithContext(ctx))
		return next(c)
	}
}

// WorkspaceOf returns the workspace of the caller that authenticate has found. If there is none, it returns the zero Workspace,
// which owns nothing.
func WorkspaceOf(ctx context.Context) workspace.Workspace {
	if c, ok := ctx.Value(requestKey{}).(*requestContext); ok {
		return c.workspace
	}
	return workspace.Workspace{}
}

func (c *requestContext) timed() context.Context {
	c.once.Do(func() { c.timer, c.cancel = context.WithDeadline(c.parent, c.deadline) })
	return c.timer
}

// end cancels the context, so that nothing that was started for the request goes on.
func (c *requestContext) end() {
	c.once.Do(func() { c.timer, c.cancel = ended, func() {} })
	c.cancel()
}

// ended is the context of requests that have ended before anybody asked about it.
var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background()) //nolint:forbidigo // it has ended before anybody gets it
	cancel()
	return ctx
}()

func (c *requestContext) Deadline() (time.Time, bool) { return c.timed().Deadline() }

func (c *requestContext) Done() <-chan struct{} { return c.timed().Done() }

func (c *requestContext) Err() error { return c.timed().Err() }

func (c *requestContext) Value(key any) any {
	if key == (requestKey{}) {
		return c
	}
	if value := c.timed().Value(key); value != nil {
		return value
	}
	return c.parent.Value(key) // after the end
}
