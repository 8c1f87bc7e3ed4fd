package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// service is what each framework calls.
type service struct {
	phone *phone.Service
	keys  workspace.Store
	log   *slog.Logger
}

// call is what the access log says of a request. The handlers find it in the context.
type call struct {
	http.ResponseWriter
	requestID string
	route     string
	status    int
	workspace workspace.Workspace
}

// WriteHeader implements http.ResponseWriter.
func (c *call) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// authenticate finds the workspace of a key.
func (s service) authenticate(ctx context.Context, key string) error {
	k, err := s.keys.APIKeyByHash(ctx, workspace.HashKey(key))
	callOf(ctx).workspace = k.Workspace
	return err
}

// around sets the headers and the time limit of a request, and logs it.
func (s service) around(next http.Handler) http.Handler {
	ttl := strconv.Itoa(int(phone.IdempotencyKeyTTL.Seconds()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		c := &call{ResponseWriter: w, requestID: r.Header.Get("X-Request-Id"), status: http.StatusOK}
		if c.requestID == "" {
			c.requestID = rand.Text()
		}
		w.Header().Set("X-Request-Id", c.requestID)
		w.Header().Set("Idempotency-Key-TTL", ttl)
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), callKey{}, c), 10*time.Second)
		defer cancel()
		next.ServeHTTP(c, r.WithContext(ctx))
		s.log.LogAttrs(ctx, slog.LevelInfo, "request",
			slog.String("request_id", c.requestID),
			slog.String("method", r.Method),
			slog.String("route", c.route),
			slog.Int("status", c.status),
			slog.Duration("duration", time.Since(start)),
			slog.String("workspace", c.workspace.Name))
	})
}
