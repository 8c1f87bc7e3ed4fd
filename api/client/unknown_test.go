package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// If the caller cancels a purchase after it was sent, its outcome is unknown.
func TestAPurchaseWhoseContextEndsMidwayIsUnknown(t *testing.T) {
	for name, end := range map[string]func(r *http.Request, cancel func()) (*http.Response, error){
		"before the answer": func(r *http.Request, cancel func()) (*http.Response, error) {
			cancel()
			return nil, r.Context().Err()
		},
		"in the body": func(r *http.Request, cancel func()) (*http.Response, error) {
			cancel()
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(iotest.ErrReader(r.Context().Err()))}, nil
		},
		"in the wait": func(_ *http.Request, cancel func()) (*http.Response, error) {
			time.AfterFunc(time.Second, cancel)
			return reply(503, http.Header{"Idempotency-Key-Ttl": {"86400"}, "Retry-After": {"30"}}, ""), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				sent := 0
				_, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
					sent++
					return end(r, cancel)
				}).Buy(ctx, number)
				checkErrorIs(t, "Buy", err, client.ErrOutcomeUnknown, context.Canceled)
				if sent != 1 {
					t.Errorf("sent %d times; want once", sent)
				}
			})
		})
	}
}

func TestAnUnknownOutcomeOfANumberWithoutANameIsOneToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := inBubble(t, (&shop{tries: []string{"cut", "cut"}, lookUps: []string{"none"}}).send)
		_, named := c.Buy(t.Context(), "")
		_, empty := c.Create(t.Context(), api.CreatePhoneNumberInput{})
		for what, err := range map[string]error{"Buy": named, "Create": empty} {
			checkErrorIs(t, what, err, client.ErrOutcomeUnknown)
			checkErrorIsNot(t, what, err, client.ErrUnavailable)
		}
	})
}

// allObjects returns a create request of this type that has every object, as the published call does.
func allObjects(t *testing.T, kind api.CreatePhoneNumberType) (request api.CreatePhoneNumberInput) {
	t.Helper()
	body := map[string]any{}
	for _, example := range spectest.Examples(spectest.Load(t).Operation(t, "createPhoneNumber").RequestBody.Value.Content["application/json"]) {
		maps.Copy(body, example.(map[string]any))
	}
	body["type"] = kind
	if err := json.Unmarshal([]byte(encode(body)), &request); err != nil {
		t.Fatal(err)
	}
	return request
}

// The type of a request says which object counts, so it also says which number has the unknown outcome.
func TestAnUnknownOutcomeNamesTheNumberThatTheTypeChooses(t *testing.T) {
	type outcome struct {
		request  api.CreatePhoneNumberInput
		number   string // in the error
		lookedUp string // by the client
	}
	purchase, sip := allObjects(t, api.CreateByPurchase), allObjects(t, api.CreateByVogentSIP)
	tests := map[string]outcome{
		"purchase":   {purchase, purchase.Purchase.Number, purchase.Purchase.Number},
		"sip_import": {allObjects(t, api.CreateBySIPImport), sip.SIPImport.PhoneNumber, ""},
		"vogent_sip": {sip, sip.VogentSIP.SIPPrefix, ""},

		"a new type":                 {allObjects(t, "port_in"), "", ""},
		"a new type with one object": {api.CreatePhoneNumberInput{Type: "port_in", Purchase: purchase.Purchase}, number, ""},
		"a type without its object":  {api.CreatePhoneNumberInput{Type: api.CreateByVogentSIP, Purchase: purchase.Purchase}, "", ""},
	}
	choice, _ := spectest.ChoiceOf(spectest.Load(t).Operation(t, "createPhoneNumber").Body)
	for kind := range choice.Mapping {
		if _, ok := tests[kind]; !ok {
			t.Errorf("openapi.yaml has the create type %s; add it to this test, and its number to numberOf", kind)
		}
	}
	for name, want := range tests {
		synctest.Test(t, func(t *testing.T) {
			lookedUp := ""
			_, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet {
					lookedUp = r.URL.Query().Get("number")
					return reply(http.StatusOK, nil, pageOf("")), nil
				}
				return nil, io.ErrUnexpectedEOF
			}).Create(t.Context(), want.request)
			var failure *client.Error
			checkErrorIs(t, name, err, client.ErrOutcomeUnknown)
			if lookedUp != want.lookedUp {
				t.Errorf("%s: looked up %q; want %q", name, lookedUp, want.lookedUp)
			}
			if !errors.As(err, &failure) {
				t.Fatalf("%s: error is %#v; want a *client.Error", name, err)
			}
			if failure.Number != want.number {
				t.Errorf("%s: the error has the number %q; want %q", name, failure.Number, want.number)
			}
		})
	}
}
