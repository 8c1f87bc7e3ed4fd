package client_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/client"
)

// newClientAt makes a client for a server with this handler. It retries once, and does not wait.
func newClientAt(t *testing.T, handler http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return clientOf(t, server.URL)
}

const testKey = "pnk_0123456789abcdefghijKEY"

// clientOf makes such a client for the server at url. opts come after its own options.
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

// answer writes a response as the API does.
func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// reply returns a response without a network.
func reply(status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

// inBubble makes a client that sends through send, for a synctest bubble. It uses no network.
func inBubble(t *testing.T, send roundTripper, opts ...client.Option) *client.Client {
	t.Helper()
	all := append([]client.Option{client.WithBaseURL("http://localhost/api"), client.WithAPIKey(testKey)}, opts...)
	c, err := client.New(append(all, client.WithMiddleware(func(http.RoundTripper) http.RoundTripper { return send }))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
