// Package agree checks that servers respond in the same way before they are compared.
package agree

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
)

// question is a request that the contestants must respond to in the same way.
type question struct {
	method, path, body string
	header             map[string]string // in place of the usual ones
	strict             bool              // whether only servers with all our checks respond in the same way
}

func questions() []question {
	number := "/api/phone_numbers/" + data.ID(7)
	put := func(body string) question {
		return question{method: http.MethodPut, path: number, body: body, strict: true}
	}
	get := func(path string) question { return question{method: http.MethodGet, path: path, strict: true} }
	return []question{
		{method: http.MethodGet, path: number},
		{method: http.MethodGet, path: "/api/phone_numbers?limit=100"},
		{method: http.MethodPut, path: number, body: `{"agentId":"agent_new"}`},
		{method: http.MethodPut, path: number, body: `{"agentId":""}`},
		{method: http.MethodPut, path: number, body: `{}`},
		get("/api/phone_numbers"),
		get("/api/phone_numbers?limit=2&cursor=AaIAAAAAcACAABAAAAAABw&type=PSTN"),
		get("/api/phone_numbers?agentId=agent_9"),
		get("/api/phone_numbers?number=%2B12000000009"),
		get("/api/phone_numbers?limit=5.0&unknown=1"),
		get("/api/phone_numbers?limit=1&limit=2"),
		get("/api/phone_numbers?limit=%zz"),
		get("/api/phone_numbers?limit=0&type=x"),
		get("/api/phone_numbers?cursor=x&limit=0"),
		get("/api/phone_numbers?cursor="),
		get("/api/phone_numbers/" + data.ID(999_999_999)),
		get("/api/phone_numbers/7"),
		get(number + "?verbose=1"),
		get("/api/nothing"),
		put(`{"agentId":null}`), put(`null`), put(`[]`), put(`{"agentId":7}`), put(`{"agentId":"a","agentId":"b"}`),
		put(`{"agentID":"a"}`), put(`{"agentId":"a"} {}`), put(`{"agentId":`), put(`{"agentId":"a b"}`), put(""),
		put(`{"agentId":"` + strings.Repeat("a", 129) + `"}`), put(strings.Repeat(" ", 64<<10) + "{}"),
		{method: http.MethodPatch, path: number, strict: true},
		{method: http.MethodPut, path: number, body: `{}`, header: map[string]string{"Content-Type": "text/plain"}, strict: true},
		{method: http.MethodGet, path: number, header: map[string]string{"Authorization": ""}, strict: true},
		{method: http.MethodGet, path: number, header: map[string]string{"Authorization": "Bearer wrong"}, strict: true},
	}
}

// Server is a server with a store of package memory.
type Server struct {
	Name    string // for errors
	Address string // HOST:PORT
	Strict  bool   // whether it does all our checks, and responds to errors as we do
}

// Check returns an error if a server responds differently from the first one.
func Check(ctx context.Context, servers []Server) error {
	for _, q := range questions() {
		want, err := q.ask(ctx, servers[0].Address)
		if err != nil {
			return err
		}
		for _, server := range servers[1:] {
			if q.strict && !server.Strict {
				continue
			}
			got, err := q.ask(ctx, server.Address)
			if err != nil {
				return err
			}
			if !reflect.DeepEqual(got, want) {
				return fmt.Errorf("%s %s %.100s: %s responds with %v; %s responds with %v", q.method, q.path, q.body, server.Name, got, servers[0].Name, want)
			}
		}
	}
	return nil
}

// answer is what must be the same: bodies as JSON, and no request id.
type answer struct {
	Status           int
	ContentType, TTL string
	HasRequestID     bool
	Body             any
}

func (q question) ask(ctx context.Context, address string) (a answer, err error) {
	request, err := http.NewRequestWithContext(ctx, q.method, "http://"+address+q.path, strings.NewReader(q.body))
	if err != nil {
		return a, err
	}
	request.Header.Set("Authorization", "Bearer "+data.Secret(0))
	request.Header.Set("Content-Type", "application/json")
	for name, value := range q.header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return a, err
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(text, &a.Body); err != nil {
		return a, fmt.Errorf("%s %s: %w: %s", q.method, q.path, err, text)
	}
	if object, ok := a.Body.(map[string]any); ok {
		delete(object, "requestId")
	}
	a.Status, a.TTL = response.StatusCode, response.Header.Get("Idempotency-Key-TTL")
	a.ContentType, _, _ = strings.Cut(response.Header.Get("Content-Type"), ";") // ogen adds a charset
	a.HasRequestID = response.Header.Get("X-Request-Id") != ""
	return a, nil
}
