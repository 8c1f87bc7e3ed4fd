package client_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
)

// A middleware sees what each request is for.
func TestAttemptOf(t *testing.T) {
	var got []client.Attempt
	see := client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			a, ok := client.AttemptOf(r.Context())
			if !ok {
				a.Route = "none"
			}
			got = append(got, a)
			return next.RoundTrip(r)
		})
	})
	srv := apitest.NewServer(t)
	srv.Fail(control.Fault{Status: 503, Body: "busy"})
	c := srv.Client(see, client.WithRetries(1)).WithoutJitter(0)
	for operationID, m := range methods {
		got = nil
		_ = m.call(t.Context(), c)
		n := 0
		for _, a := range got {
			if a.Operation != operationID {
				continue // a look-up
			}
			if n++; a.Number != n {
				t.Errorf("%s: the attempt is %+v; want the number %d", operationID, a, n)
			}
			if a.Route == "" {
				t.Errorf("%s: the attempt is %+v; want a route", operationID, a)
			}
			if strings.Contains(a.Route, id) {
				t.Errorf("%s: the attempt is %+v; want a route without the id %s", operationID, a, id)
			}
		}
		if n != 2 && (!m.creates || n != 1) {
			t.Errorf("%s: %d attempts, %+v; want 2, or 1 if it creates: %t", operationID, n, got, m.creates)
		}
	}
	got = nil
	_ = c.Do(t.Context(), "GET", "/agents/17?x=1", nil, nil, client.WithRetries(0))
	_, _ = c.Raw().ListPhoneNumbersWithResponse(t.Context(), &api.ListPhoneNumbersParams{})
	if len(got) != 2 {
		t.Fatalf("the attempts are %+v; want 2", got)
	}
	if want := (client.Attempt{Number: 1}); got[0] != want {
		t.Errorf("the attempt of Do is %+v; want %+v", got[0], want)
	}
	if got[1].Route != "none" {
		t.Errorf("a request of Raw has the attempt %+v; want none", got[1])
	}
}

// If a middleware adds a header to a try, the next try does not have it.
func TestEachTryHasItsOwnHeaders(t *testing.T) {
	var got [][]string
	_, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
		got = append(got, r.Header.Values("X-Signature"))
		return reply(503, nil, ""), nil
	}, client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			r.Header.Add("X-Signature", "s")
			return next.RoundTrip(r)
		})
	})).WithoutJitter(0).Get(t.Context(), id)
	if want := [][]string{{"s"}, {"s"}, {"s"}, {"s"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("sent %v, then %v; want %v", got, err, want)
	}
}
