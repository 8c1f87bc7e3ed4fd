package client_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/vogent-community/phonenumbers"
	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

const (
	id     = "019daa80-7c00-7000-8000-000000000001"
	number = "+14155550100"
	owned  = `{"id":"` + id + `","number":"` + number + `","type":"PSTN","agentId":null}`
)

// method is an operation of openapi.yaml and the method of the client that calls it.
type method struct {
	creates bool
	good    string // a complete answer
	lacking string // the same without a required member
	call    func(ctx context.Context, c *client.Client, opts ...client.CallOption) error
}

// methods are keyed by operationId.
var methods = map[string]method{
	"listPhoneNumbers": {
		good: `{"data":[` + owned + `],"cursor":null}`, lacking: `{"data":[{"id":"1","number":"n","type":"PSTN"}],"cursor":null}`,
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			_, err := c.List(ctx, api.ListPhoneNumbersParams{}, opts...)
			return err
		},
	},
	"getPhoneNumber": {
		good: owned, lacking: `{"id":"1","number":"n","type":"PSTN"}`,
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			_, err := c.Get(ctx, id, opts...)
			return err
		},
	},
	"updatePhoneNumber": {
		good: owned, lacking: `{"id":"1","number":"n","type":"PSTN"}`,
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			_, err := c.Link(ctx, id, "agent_1", opts...)
			return err
		},
	},
	"deletePhoneNumber": {
		good: owned, lacking: `{"id":"1","number":"n","type":"PSTN"}`,
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			return c.Delete(ctx, id, opts...)
		},
	},
	"searchPhoneNumbers": {
		good: `[{"number":"` + number + `"}]`, lacking: `[{"number":"` + number + `"},{}]`,
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			_, err := c.Search(ctx, api.PhoneNumberSearchInput{Prefix: "415"}, opts...)
			return err
		},
	},
	"createPhoneNumber": {
		creates: true, good: owned, lacking: `{"id":"1","number":"n","type":"PSTN"}`,
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			_, err := c.Buy(ctx, number, opts...)
			return err
		},
	},
	"purchasePhoneNumber": {
		creates: true, good: owned, lacking: `{"id":"1","number":"n","type":"PSTN"}`,
		call: func(ctx context.Context, c *client.Client, opts ...client.CallOption) error {
			_, err := c.Purchase(ctx, number, opts...)
			return err
		},
	},
}

// eachOperation calls fn with every operation of openapi.yaml.
func eachOperation(t *testing.T, fn func(id, method, path string)) {
	t.Helper()
	var document struct {
		Paths map[string]map[string]yaml.Node
	}
	if err := yaml.Unmarshal(phonenumbers.Spec, &document); err != nil {
		t.Fatal(err)
	}
	for path, item := range document.Paths {
		for method, node := range item {
			var op struct {
				OperationID string `yaml:"operationId"`
			}
			if method != "parameters" && node.Decode(&op) == nil {
				fn(op.OperationID, strings.ToUpper(method), path)
			}
		}
	}
}

func TestEveryOperationHasAMethod(t *testing.T) {
	found := 0
	eachOperation(t, func(operationID, verb, path string) {
		found++
		m, ok := methods[operationID]
		if !ok {
			t.Errorf("the client has no method for %s", operationID)
			return
		}
		var got []string
		c := newClientAt(t, func(w http.ResponseWriter, r *http.Request) {
			got = append(got, r.Method+" "+r.URL.Path)
			answer(w, http.StatusOK, m.good)
		})
		err := m.call(t.Context(), c)
		if want := verb + " /api" + strings.ReplaceAll(path, "{id}", id); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s has sent %q, %v; want %s", operationID, got, err, want)
		}
	})
	if found < 7 || found != len(methods) {
		t.Errorf("openapi.yaml has %d operations, the client %d", found, len(methods))
	}
}

// newClientAt makes a client for a server with this handler. It retries once, and does not wait.
func newClientAt(t *testing.T, handler http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return clientOf(t, server.URL)
}

const testKey = "pnk_0123456789abcdefghijKEY"

// clientOf makes such a client for the server at url. Options come behind its own.
func clientOf(t *testing.T, url string, opts ...client.Option) *client.Client {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	c, err := client.New(append([]client.Option{
		client.WithBaseURL(url + "/api"), client.WithAPIKey(testKey),
		client.WithHTTPClient(&http.Client{Transport: transport}), client.WithRetries(1),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c.WithoutJitter(0)
}

// answer writes an answer as the API does.
func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}
