package client_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// method is an operation of openapi.yaml and the method of the client that calls it.
type method struct {
	call  func(ctx context.Context, c *client.Client, opts ...client.CallOption) error
	asked map[string]any // the members of the response that the call determines

	missing bool   // which a test reports
	creates bool   // that is, x-idempotent is false
	good    string // a complete response
	lacking string // the same response without a required member
}

// methods are keyed by operationId. Fields other than call and asked are read from openapi.yaml.
var methods = withSpec(map[string]method{
	"listPhoneNumbers": {
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			_, err := c.List(ctx, api.ListPhoneNumbersParams{}, opts...)
			return err
		},
	},
	"getPhoneNumber": {
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			_, err := c.Get(ctx, id, opts...)
			return err
		},
	},
	"updatePhoneNumber": {
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			_, err := c.Link(ctx, id, "agent_1", opts...)
			return err
		},
		asked: map[string]any{"agentId": "agent_1"},
	},
	"deletePhoneNumber": {
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			return c.Delete(ctx, id, opts...)
		},
	},
	"searchPhoneNumbers": {
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			_, err := c.Search(ctx, api.PhoneNumberSearchInput{Prefix: "415"}, opts...)
			return err
		},
	},
	"createPhoneNumber": {
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			_, err := c.Buy(ctx, number, opts...)
			return err
		},
		asked: map[string]any{"number": number},
	},
	"purchasePhoneNumber": {
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			_, err := c.Purchase(ctx, number, opts...)
			return err
		},
	},
})

func withSpec(table map[string]method) map[string]method {
	for _, item := range document.Paths.Map() {
		for _, op := range item.Operations() {
			m, ok := table[op.OperationID]
			if !ok {
				table[op.OperationID] = method{missing: true, call: func(context.Context, *client.Client, ...client.CallOption) error {
					return errors.New("the table methods has no " + op.OperationID)
				}}
				continue
			}
			m.creates = op.Extensions["x-idempotent"] == false
			content := op.Responses.Status(http.StatusOK).Value.Content["application/json"]
			example := examplesOf(op.OperationID)[0]
			m.good = encode(example)
			for _, f := range flaws(content.Schema.Value, example) {
				if f.kind == isMissing {
					m.lacking = f.body
				}
			}
			table[op.OperationID] = m
		}
	}
	return table
}

func TestEveryOperationHasAMethod(t *testing.T) {
	spec := spectest.Load(t)
	for _, op := range spec.Operations {
		m := methods[op.OperationID]
		if m.missing {
			t.Errorf("the client has no method for %s; write one in api/client, and its call in the table methods", op.OperationID)
			continue
		}
		srv := apitest.NewServer(t, apitest.WithSeed(control.Seed{Numbers: []control.SeedNumber{{ID: id, Number: "+14155550199"}}}))
		if err := m.call(t.Context(), srv.Client()); err != nil {
			t.Errorf("%s: %v", op.OperationID, err)
		}
		var got []string
		for _, r := range srv.Requests() {
			got = append(got, r.Operation+" "+r.Method+" "+r.Path)
		}
		if want := []string{op.OperationID + " " + op.Method + " " + pathOf(op)}; !slices.Equal(got, want) {
			t.Errorf("%s has sent %q; want %q", op.OperationID, got, want)
		}
	}
	if len(spec.Operations) != len(methods) {
		t.Errorf("the table methods has %d operations; want the %d of openapi.yaml", len(methods), len(spec.Operations))
	}
}

// pathOf returns the path of the operation's call in methods.
func pathOf(op *spectest.Operation) string {
	return "/api" + strings.ReplaceAll(op.Path, "{id}", id)
}

// sends makes the call of an operation, and returns the requests of that operation. Each gets send's
// response. Any other request of the client gets an empty list.
func sends(t *testing.T, op *spectest.Operation, send func() *http.Response, opts ...client.CallOption) (requests []*http.Request, err error) {
	t.Helper()
	c := inBubble(t, func(r *http.Request) (*http.Response, error) {
		if r.Method != op.Method || r.URL.Path != pathOf(op) {
			return reply(http.StatusOK, nil, pageOf("")), nil
		}
		requests = append(requests, r)
		return send(), nil
	}).WithoutJitter(0)
	return requests, methods[op.OperationID].call(t.Context(), c, opts...)
}

// If an operation is not idempotent, two identical requests create two numbers.
func TestOnlyAnIdempotentOperationIsSentAgainBlindly(t *testing.T) {
	for _, op := range spectest.Load(t).Operations {
		idempotent, _ := op.Extensions["x-idempotent"].(bool)
		want := 1
		if idempotent {
			want = 3
		}
		requests, err := sends(t, op, func() *http.Response { return reply(http.StatusServiceUnavailable, nil, "") }, client.WithRetries(2))
		if len(requests) != want {
			t.Errorf("%s (x-idempotent: %t): sent %d times to a server that responds 503; want %d", op.OperationID, idempotent, len(requests), want)
		}
		if err == nil {
			t.Errorf("%s: error is nil; want one", op.OperationID)
		}
	}
}

func TestWithIdempotencyKeyIsForTheOperationsThatTakeAKey(t *testing.T) {
	for _, op := range spectest.Load(t).Operations {
		requests, err := sends(t, op, func() *http.Response { return reply(http.StatusOK, nil, methods[op.OperationID].good) }, client.WithIdempotencyKey("k"))
		if op.Parameter("header", "Idempotency-Key") == nil {
			checkErrorSays(t, op.OperationID, err, op.OperationID+" does not accept an Idempotency-Key")
			if len(requests) != 0 {
				t.Errorf("%s takes no Idempotency-Key: sent %d times with one; want nothing sent", op.OperationID, len(requests))
			}
			continue
		}
		if err != nil {
			t.Errorf("%s takes an Idempotency-Key: %v", op.OperationID, err)
		}
		var keys []string
		for _, r := range requests {
			keys = append(keys, r.Header.Values("Idempotency-Key")...)
		}
		if len(requests) != 1 {
			t.Errorf("%s takes an Idempotency-Key: sent %d times; want once", op.OperationID, len(requests))
		}
		if want := []string{"k"}; !slices.Equal(keys, want) {
			t.Errorf("%s takes an Idempotency-Key: sent with the keys %q; want %q", op.OperationID, keys, want)
		}
	}
}
