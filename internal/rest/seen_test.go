package rest_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/spectest"
	"github.com/vogent-community/phonenumbers/internal/spectest/requests"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// notSeen returns the parts of responses that openapi.yaml documents but no server sends, each with the reason.
func notSeen(t *testing.T, spec *spectest.Spec) map[string]string {
	t.Helper()
	reasons := map[string]string{
		"purchasePhoneNumber 200 /type = SIP_USERNAME":  "only numbers of the telephone network are for sale",
		"purchasePhoneNumber 422 code sip_prefix_taken": "createPhoneNumber, which has the same response, sends it",
	}
	for member := range spec.Operation(t, "updatePhoneNumber").Body.Properties {
		for _, id := range []string{"createPhoneNumber", "purchasePhoneNumber"} {
			if spec.Operation(t, id).Body.Properties[member] == nil {
				reasons[id+" 200 /"+member] = "a new number has nothing that only an update sets"
			}
		}
	}
	for _, op := range spec.Operations {
		for status, response := range op.Responses.Map() {
			if response.Ref != "" && op.Parameter("header", "Idempotency-Key") == nil && response.Value.Headers["Idempotent-Replayed"] != nil {
				reasons[op.OperationID+" "+status+" header idempotent-replayed"] = "operations that take a key, which have the same response, send it"
			}
		}
	}
	return reasons
}

// checkSeen reports each part of a response that openapi.yaml documents but no run has seen.
func checkSeen(t *testing.T, spec *spectest.Spec, seen *spectest.Seen, count int) {
	t.Helper()
	missing, reasons := map[string]bool{}, notSeen(t, spec)
	for _, part := range seen.Missing(spec) {
		missing[part] = true
		if reasons[part] == "" {
			t.Errorf("openapi.yaml documents %q, and the server has never sent it; carry it out, or give the reason in notSeen", part)
		}
	}
	for part := range reasons {
		if !missing[part] {
			t.Errorf("notSeen has %q, which was seen, or which openapi.yaml does not document", part)
		}
	}
	for _, op := range spec.Operations {
		if got, want := seen.Count(op.OperationID, http.StatusOK), count/50; got < want {
			t.Errorf("%s: %d successes in %d requests, want %d or more", op.OperationID, got, count, want)
		}
	}
}

// failEverywhere makes each operation fail in each way that does not depend on its own rules.
func failEverywhere(t *testing.T, spec *spectest.Spec) *spectest.Seen {
	t.Helper()
	seen := spectest.NewSeen()
	for _, failure := range []struct {
		name   string
		status int
		keyed  bool // only operations that take an idempotency key can fail like this
		body   bool // only operations that take a body can fail like this
		change func(*rest.Services)
		broken func(*testServer) http.Handler
		spoil  func(*spectest.Request) // makes something wrong with the request
	}{
		{name: "no key", status: http.StatusUnauthorized, spoil: func(r *spectest.Request) { r.Header.Del("Authorization") }},
		{name: "an unknown parameter", status: http.StatusBadRequest, spoil: func(r *spectest.Request) { r.Query = append(r.Query, "unknown=1") }},
		{name: "another type of body", status: http.StatusUnsupportedMediaType, body: true, spoil: func(r *spectest.Request) {
			r.Header.Set("Content-Type", "text/plain")
		}},
		{name: "a large body", status: http.StatusRequestEntityTooLarge, body: true, spoil: func(r *spectest.Request) {
			r.Body = append(r.Body, bytes.Repeat([]byte(" "), 64<<10)...)
		}},
		{name: "too many requests", status: http.StatusTooManyRequests, change: func(s *rest.Services) {
			s.RateLimit = rest.RateLimit{PerSecond: 0.001, Burst: 1}
		}},
		{name: "a silent database", status: http.StatusServiceUnavailable, broken: func(s *testServer) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithDeadline(r.Context(), time.Unix(0, 0))
				defer cancel()
				s.handler.ServeHTTP(w, r.WithContext(ctx))
			})
		}},
		{name: "a closed database", status: http.StatusInternalServerError, broken: func(s *testServer) http.Handler {
			if err := s.store.Close(); err != nil {
				t.Fatal(err)
			}
			return s.handler
		}},
		{name: "a key in progress", status: http.StatusConflict, keyed: true, change: func(s *rest.Services) {
			s.Phone.Claims = claimsOf{s.Phone.Claims, phone.ErrInProgress}
		}},
		{name: "a key reused", status: http.StatusUnprocessableEntity, keyed: true, change: func(s *rest.Services) {
			s.Phone.Claims = claimsOf{s.Phone.Claims, phone.ErrKeyReused}
		}},
	} {
		s := frozen(t, dbtest.SQLite(t), func(services *rest.Services) {
			services.RateLimit = manyRequests
			if failure.change != nil {
				failure.change(services)
			}
		})
		g := requests.NewGenerator(spec, rest.BaseURL, requests.Keys{Valid: s.key(t, "own")}, 1)
		s.keys.Store = rememberedKeys{s.keys.Store, map[string]workspace.Key{}}
		o := spectest.NewOracle(t, spec, rest.BaseURL, g.Keys.Valid)
		g.Known["id"] = []string{create(t, s.client(t, "own"), sipImport("+15005550001")).ID}
		s.get(numbersPath, g.Keys.Valid) // so that the key is remembered, and the one allowed request is used up
		handler := s.handler
		if failure.broken != nil {
			handler = failure.broken(s)
		}
		for _, op := range spec.Operations {
			if failure.keyed && op.Parameter("header", "Idempotency-Key") == nil || failure.body && op.Body == nil {
				continue
			}
			var x *spectest.Exchange
			for range 100 { // a few valid requests break a rule that the spec cannot state
				r := validRequest(t, g, op)
				if failure.spoil != nil {
					failure.spoil(r)
				}
				x = o.Send(t, handler, r)
				if x.Response.Code == failure.status {
					break
				}
			}
			if x.Response.Code != failure.status {
				t.Errorf("%s: %s: %v\nresponse: %d %s; want %d", op.OperationID, failure.name, x.Request, x.Response.Code, x.Response.Body, failure.status)
				continue
			}
			if err := o.CheckResponse(x); err != nil {
				t.Errorf("%s: %s: %v", op.OperationID, failure.name, err)
			}
			seen.Add(x)
		}
	}
	return seen
}

// validRequest makes a request for an existing number, with an idempotency key if the operation takes one.
func validRequest(t *testing.T, g *requests.Generator, op *spectest.Operation) *spectest.Request {
	t.Helper()
	id, keyed := g.Known["id"][0], op.Parameter("header", "Idempotency-Key") != nil
	for range 1000 {
		r := g.Valid(op)
		hasKey := r.Header.Get("Idempotency-Key") != ""
		if hasKey == keyed && (op.Parameter("path", "id") == nil || slices.Contains(strings.Split(r.Path, "/"), id)) && len(r.Query) == 0 {
			return r
		}
	}
	t.Fatalf("%s: the generator makes no such request", op.OperationID)
	return nil
}

// manyRequests is a rate limit that no test reaches. With it, responses have the headers of a rate limit.
var manyRequests = rest.RateLimit{PerSecond: 1e6, Burst: 1e6}

// claimsOf are claims that always end with the same error.
type claimsOf struct {
	phone.Claims
	err error
}

func (c claimsOf) ClaimIdempotencyKey(context.Context, phone.Claim, []byte, time.Time, time.Duration, time.Duration) (*phone.Number, error) {
	return nil, c.err
}
