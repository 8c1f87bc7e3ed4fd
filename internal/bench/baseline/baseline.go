// Package baseline serves three of the operations with net/http alone, written by hand for this purpose. It does the same checks
// as the server, and writes the same responses and the same access log. The server is measured against it.
package baseline

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

const requestTimeout = 10 * time.Second

// Server has what the handler needs.
type Server struct {
	Numbers phone.Store
	Keys    workspace.Store
	Log     *slog.Logger
}

// Handler returns the handler.
func (s Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /api/phone_numbers", s.operation("/api/phone_numbers", s.list))
	mux.Handle("GET /api/phone_numbers/{id}", s.operation("/api/phone_numbers/:id", s.get))
	mux.Handle("PUT /api/phone_numbers/{id}", s.operation("/api/phone_numbers/:id", s.update))
	for path, route := range map[string]string{"/api/phone_numbers": "/api/phone_numbers", "/api/phone_numbers/{id}": "/api/phone_numbers/:id"} {
		mux.Handle(path, s.logged(route, func(http.ResponseWriter, *http.Request, *call) error {
			return api.NewProblem(api.CodeMethodNotAllowed, "")
		}))
	}
	mux.Handle("/", s.logged("", func(http.ResponseWriter, *http.Request, *call) error {
		return api.NewProblem(api.CodeNotFound, "This path does not exist.")
	}))
	return mux
}

// call is what the access log says of a request.
type call struct {
	requestID string
	status    int
	workspace workspace.Workspace
}

type handler func(http.ResponseWriter, *http.Request, *call) error

// operation is logged for a request that needs a key.
func (s Server) operation(route string, next handler) http.Handler {
	return s.logged(route, func(w http.ResponseWriter, r *http.Request, c *call) (err error) {
		if c.workspace, err = s.authenticate(r); err != nil {
			return err
		}
		return next(w, r, c)
	})
}

// logged sets the headers and the time limit of a request, responds to its error or panic, and logs it.
func (s Server) logged(route string, next handler) http.Handler {
	ttl := strconv.Itoa(int(phone.IdempotencyKeyTTL.Seconds()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		c := call{requestID: r.Header.Get("X-Request-Id"), status: http.StatusOK}
		if !visibleASCII(c.requestID) {
			c.requestID = rand.Text()
		}
		w.Header().Set("X-Request-Id", c.requestID)
		w.Header().Set("Idempotency-Key-Ttl", ttl)
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		defer func() {
			if value := recover(); value != nil {
				s.Log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("request_id", c.requestID), slog.Any("error", value))
				s.refuse(w, &c, api.NewProblem(api.CodeInternal, ""))
			}
			s.log(ctx, r, route, &c, time.Since(start))
		}()
		if err := next(w, r.WithContext(ctx), &c); err != nil {
			s.refuse(w, &c, err)
		}
	})
}

func (s Server) log(ctx context.Context, r *http.Request, route string, c *call, took time.Duration) {
	attrs := make([]slog.Attr, 0, 7)
	attrs = append(attrs,
		slog.String("request_id", c.requestID),
		slog.String("method", r.Method),
		slog.String("route", route),
		slog.Int("status", c.status),
		slog.Duration("duration", took))
	if parent := r.Header.Get("Traceparent"); parent != "" {
		if parts := strings.Split(parent, "-"); len(parts) >= 4 {
			attrs = append(attrs, slog.String("trace_id", parts[1]))
		}
	}
	if c.workspace.Name != "" {
		attrs = append(attrs, slog.String("workspace", c.workspace.Name))
	}
	s.Log.LogAttrs(ctx, slog.LevelInfo, "request", attrs...)
}

func visibleASCII(s string) bool {
	for i := range len(s) {
		if s[i] < '!' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

var codes = map[error]api.ProblemCode{
	phone.ErrNotFound:           api.CodeNotFound,
	phone.ErrStorageUnavailable: api.CodeStorageUnavailable,
}

// refuse sends a problem document.
func (s Server) refuse(w http.ResponseWriter, c *call, err error) {
	var problem *api.Problem
	if !errors.As(err, &problem) {
		problem = api.NewProblem(api.CodeInternal, "")
		for known, code := range codes {
			if errors.Is(err, known) {
				problem = api.NewProblem(code, "")
			}
		}
	}
	problem.RequestID, c.status = c.requestID, problem.Status
	header := w.Header()
	header.Set("Content-Type", api.ProblemMediaType)
	switch problem.Status {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", "1")
	}
	w.WriteHeader(problem.Status)
	_ = json.NewEncoder(w).Encode(problem) // the caller may have hung up
}

func (s Server) authenticate(r *http.Request) (workspace.Workspace, error) {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return workspace.Workspace{}, api.NewProblem(api.CodeUnauthorized, `Send an API key in the header "Authorization: Bearer KEY".`)
	}
	scheme, key, _ := strings.Cut(values[0], " ")
	if key = strings.Trim(key, " "); key == "" || !strings.EqualFold(scheme, "Bearer") {
		return workspace.Workspace{}, api.NewProblem(api.CodeUnauthorized, `Send an API key in the header "Authorization: Bearer KEY".`)
	}
	k, err := s.Keys.APIKeyByHash(r.Context(), workspace.HashKey(key))
	if errors.Is(err, workspace.ErrInvalidKey) {
		return workspace.Workspace{}, api.NewProblem(api.CodeUnauthorized, "")
	}
	return k.Workspace, err
}
