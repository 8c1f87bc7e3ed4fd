package server_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/server"
)

func BenchmarkHandler(b *testing.B) {
	impl := &stub{
		get: func(context.Context) (server.GetPhoneNumberResponseObject, error) {
			return server.GetPhoneNumber200JSONResponse{Body: api.PhoneNumber{ID: "1", Number: "+18001234567", Type: api.PSTN}}, nil
		},
		list: func(api.ListPhoneNumbersParams) (server.ListPhoneNumbersResponseObject, error) {
			return server.ListPhoneNumbers200JSONResponse{Body: api.PhoneNumberPage{Data: []api.PhoneNumber{{ID: "1"}}}}, nil
		},
	}
	e := newEcho(impl, io.Discard)
	for _, bench := range []struct{ name, method, path, body string }{
		{"PUT", "PUT", "/api/phone_numbers/1", `{"agentId": "0198f3c2-8d51-7c54-9a51-6a2f8a1c9b11"}`},
		{"GET", "GET", "/api/phone_numbers/1", ""},
		{"LIST", "GET", "/api/phone_numbers?limit=5", ""},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r := request(bench.method, bench.path, bench.body)
			b.ReportAllocs()
			for b.Loop() {
				r.Body = io.NopCloser(strings.NewReader(bench.body))
				w := httptest.NewRecorder()
				e.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
