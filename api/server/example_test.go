package server_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/server"
)

// memory is an implementation of the API that owns one number.
type memory struct{ n api.PhoneNumber }

func (m *memory) ListPhoneNumbers(context.Context, server.ListPhoneNumbersRequestObject) (server.ListPhoneNumbersResponseObject, error) {
	return server.ListPhoneNumbers200JSONResponse{Body: api.PhoneNumberPage{Data: []api.PhoneNumber{m.n}}}, nil
}

func (m *memory) CreatePhoneNumber(context.Context, server.CreatePhoneNumberRequestObject) (server.CreatePhoneNumberResponseObject, error) {
	return nil, api.NewProblem(api.CodeNumberUnavailable, "")
}

func (m *memory) PurchasePhoneNumber(context.Context, server.PurchasePhoneNumberRequestObject) (server.PurchasePhoneNumberResponseObject, error) {
	return nil, api.NewProblem(api.CodeNumberUnavailable, "")
}

func (m *memory) SearchPhoneNumbers(context.Context, server.SearchPhoneNumbersRequestObject) (server.SearchPhoneNumbersResponseObject, error) {
	return server.SearchPhoneNumbers200JSONResponse{}, nil
}

func (m *memory) GetPhoneNumber(
	_ context.Context, r server.GetPhoneNumberRequestObject,
) (server.GetPhoneNumberResponseObject, error) {
	if r.ID != m.n.ID {
		return nil, api.NewProblem(api.CodeNotFound, "")
	}
	return server.GetPhoneNumber200JSONResponse{Body: m.n}, nil
}

func (m *memory) UpdatePhoneNumber(_ context.Context, r server.UpdatePhoneNumberRequestObject) (server.UpdatePhoneNumberResponseObject, error) {
	if id, change := r.Body.AgentID.AgentID(); change {
		m.n.AgentID = &id
	}
	return server.UpdatePhoneNumber200JSONResponse{Body: m.n}, nil
}

func (m *memory) DeletePhoneNumber(context.Context, server.DeletePhoneNumberRequestObject) (server.DeletePhoneNumberResponseObject, error) {
	return nil, api.NewProblem(api.CodeNotFound, "")
}

// Implement seven methods, and Register does the rest: API keys, strict decoding and problem documents.
func Example() {
	const secret = "secret"
	n := api.PhoneNumber{ID: "1", Number: "+18001234567", Type: api.PSTN}
	e := echo.New()
	server.Register(e, &memory{n}, server.Options{
		BaseURL: "/api",
		Authenticate: func(c echo.Context, key string) (context.Context, error) {
			if key != secret {
				return nil, api.NewProblem(api.CodeUnauthorized, "")
			}
			return c.Request().Context(), nil
		},
	})

	for _, body := range []string{`{"agentId": "agent_1"}`, `{"agentID": "agent_2"}`} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPut, "/api/phone_numbers/1", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Request-Id", "example")
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		answer, err := io.ReadAll(w.Body)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%d %s", w.Code, answer)
	}
	// Output:
	// 200 {"id":"1","number":"+18001234567","type":"PSTN","agentId":"agent_1"}
	// 400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"The request does not match the documented format.","code":"invalid_request","requestId":"example","errors":[{"pointer":"/agentID","detail":"is not a member that this operation accepts; names are case-sensitive"}]}
}
