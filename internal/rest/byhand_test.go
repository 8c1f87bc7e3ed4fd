package rest_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// byHand serves three of the operations with net/http alone, as somebody would write them who has nothing but these three: with
// the same checks, headers and log as the server, but no deadline. The benchmarks compare the server with it.
type byHand struct {
	phone *phone.Service
	keys  *workspace.Service
	log   *slog.Logger
}

func newByHand(s rest.Services) http.Handler {
	h := byHand{s.Phone, s.Workspaces, s.Log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/phone_numbers", h.operation(h.list))
	mux.HandleFunc("GET /api/phone_numbers/{id}", h.operation(h.get))
	mux.HandleFunc("PUT /api/phone_numbers/{id}", h.operation(h.update))
	return h.logged(mux)
}

// exchange is a response that remembers its status and its caller for the log.
type exchange struct {
	http.ResponseWriter
	id, workspace string
	status        int
}

func (x *exchange) WriteHeader(status int) {
	x.status = status
	x.ResponseWriter.WriteHeader(status)
}

func (h byHand) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		x := &exchange{ResponseWriter: w, id: r.Header.Get("X-Request-Id")}
		if x.id == "" || len(x.id) > 128 || strings.ContainsFunc(x.id, func(r rune) bool { return r < '!' || r > '~' }) {
			x.id = rand.Text()
		}
		w.Header().Set("X-Request-Id", x.id)
		w.Header().Set("Idempotency-Key-TTL", "86400")
		defer func() {
			if recover() != nil {
				h.fail(x, errors.New("panic"))
			}
			h.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("request_id", x.id),
				slog.String("method", r.Method),
				slog.String("route", r.Pattern),
				slog.Int("status", x.status),
				slog.Duration("duration", time.Since(start)),
				slog.String("workspace", x.workspace))
		}()
		next.ServeHTTP(x, r)
	})
}

type operation func(w http.ResponseWriter, r *http.Request, workspaceID string) (any, error)

func (h byHand) operation(do operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || len(r.Header["Authorization"]) != 1 {
			h.fail(w, api.NewProblem(api.CodeUnauthorized, ""))
			return
		}
		k, err := h.keys.Authenticate(r.Context(), key)
		if err != nil {
			h.fail(w, api.NewProblem(api.CodeUnauthorized, ""))
			return
		}
		w.(*exchange).workspace = k.Workspace.Name
		body, err := do(w, r, k.Workspace.ID)
		if err != nil {
			h.fail(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		_ = json.NewEncoder(w).Encode(body) // the caller has hung up
	}
}

func (h byHand) fail(w http.ResponseWriter, err error) {
	var problem *api.Problem
	if !errors.As(rest.Problem(err), &problem) {
		h.log.Error("request failed", "error", err)
		problem = api.NewProblem(api.CodeInternal, "")
	}
	w.Header().Set("Content-Type", api.ProblemMediaType)
	w.WriteHeader(problem.Status)
	_ = json.NewEncoder(w).Encode(problem) // the caller has hung up
}

func (h byHand) get(_ http.ResponseWriter, r *http.Request, workspaceID string) (any, error) {
	if r.URL.RawQuery != "" {
		return nil, api.NewProblem(api.CodeInvalidRequest, "")
	}
	n, err := h.phone.Get(r.Context(), workspaceID, r.PathValue("id"))
	return numberOf(&n), err
}

// numberOf returns a number as the API has it.
func numberOf(n *phone.Number) api.PhoneNumber {
	packed := api.PhoneNumber{ID: n.ID, Number: n.Number, Type: api.PhoneNumberType(n.Type)}
	if n.AgentID != "" {
		packed.AgentID = &n.AgentID
	}
	return packed
}

// link is the member agentId: absent, an id, or empty.
type link struct{ id *string }

func (l *link) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	token, err := d.ReadToken()
	if err != nil {
		return err
	}
	if token.Kind() != '"' {
		return errors.New("must be a string")
	}
	id := token.String()
	l.id = &id
	return nil
}

var strict = jsonv2.RejectUnknownMembers(true)

func (h byHand) update(w http.ResponseWriter, r *http.Request, workspaceID string) (any, error) {
	if mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(mediaType) != "application/json" {
		return nil, api.NewProblem(api.CodeUnsupportedMediaType, "")
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, api.NewProblem(api.CodePayloadTooLarge, "")
	}
	var body struct {
		AgentID link `json:"agentId"`
	}
	if err != nil || r.URL.RawQuery != "" || jsontext.Value(text).Kind() != '{' || jsonv2.Unmarshal(text, &body, strict) != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, "")
	}
	n, err := h.phone.Update(r.Context(), workspaceID, r.PathValue("id"), phone.Change{AgentID: body.AgentID.id})
	return numberOf(&n), err
}

func (h byHand) list(_ http.ResponseWriter, r *http.Request, workspaceID string) (any, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, "")
	}
	var q phone.ListQuery
	for name, values := range query {
		if len(values) > 1 {
			return nil, api.NewProblem(api.CodeInvalidRequest, "")
		}
		switch name {
		case "limit":
			limit, err := strconv.Atoi(values[0])
			if err != nil {
				return nil, api.NewProblem(api.CodeInvalidRequest, "")
			}
			q.Limit = &limit
		case "cursor":
			q.Cursor = &values[0]
		case "number":
			q.Number = &values[0]
		case "agentId":
			q.AgentID = &values[0]
		case "type":
			q.Type = &values[0]
		default:
			return nil, api.NewProblem(api.CodeInvalidRequest, fmt.Sprint("unknown parameter ", name))
		}
	}
	page, err := h.phone.List(r.Context(), workspaceID, q)
	if err != nil {
		return nil, err
	}
	body := api.PhoneNumberPage{Data: make([]api.PhoneNumber, len(page.Numbers))}
	for i := range page.Numbers {
		body.Data[i] = numberOf(&page.Numbers[i])
	}
	if page.Cursor != "" {
		body.Cursor = &page.Cursor
	}
	return body, nil
}
