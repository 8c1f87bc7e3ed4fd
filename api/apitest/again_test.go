package apitest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/control"
)

// docs/testing.md says so, because a test can otherwise be surprised by it.
func TestNetHTTPSendsSomeRequestsAgainWhichTheListOfRequestsShows(t *testing.T) {
	t.Parallel()
	const purchase = `{"type": "purchase", "purchase": {"number": "+14155550100"}}`
	for name, each := range map[string]struct {
		operation, method, path, body, key string
		requests                           int
	}{
		"a GET":                          {"listPhoneNumbers", http.MethodGet, "/phone_numbers", "", "", 2},
		"a POST with an Idempotency-Key": {"createPhoneNumber", http.MethodPost, "/phone_numbers", purchase, "order-17", 2},
		"a POST without a key":           {"createPhoneNumber", http.MethodPost, "/phone_numbers", purchase, "", 1},
		"a DELETE":                       {"deletePhoneNumber", http.MethodDelete, "/phone_numbers/x", "", "", 1},
		"a PUT":                          {"updatePhoneNumber", http.MethodPut, "/phone_numbers/x", "{}", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := apitest.NewServer(t)
			srv.Fail(control.Fault{Operation: each.operation, Cut: control.CutAfter, Times: 1})
			transport := &http.Transport{}
			t.Cleanup(transport.CloseIdleConnections)
			send := func(method, path, body string) error {
				request, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Authorization", "Bearer "+srv.Key)
				request.Header.Set("Content-Type", "application/json")
				if each.key != "" {
					request.Header.Set("Idempotency-Key", each.key)
				}
				response, err := transport.RoundTrip(request)
				if err != nil {
					return err
				}
				_, err = io.Copy(io.Discard, response.Body) // or the connection would not be used again
				return errors.Join(err, response.Body.Close())
			}
			if err := send(http.MethodGet, "/phone_numbers/x", ""); err != nil { // now there is a connection
				t.Fatal(err)
			}
			err := send(each.method, each.path, each.body)
			if again := each.requests > 1; (err == nil) != again {
				t.Errorf("the error is %v; want none: %t", err, again)
			}
			if got := len(srv.Requests()) - 1; got != each.requests {
				t.Errorf("the server got %d requests; want %d", got, each.requests)
			}
		})
	}
}
