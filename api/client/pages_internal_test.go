package client

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
)

// A server whose cursors are always new ends the list with an error.
func TestPagesEndAtTheirBound(t *testing.T) {
	read := 0
	c, err := New(WithAPIKey("k"), WithMiddleware(func(http.RoundTripper) http.RoundTripper {
		return sends(func(*http.Request) (*http.Response, error) {
			read++
			body := fmt.Sprintf(`{"data":[],"cursor":"%d"}`, read)
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})
	}))
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for _, err := range c.pages(t.Context(), api.ListPhoneNumbersParams{}, 50) {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), "more than 50 pages") || read != 50 {
		t.Errorf("after %d pages: %v", read, last)
	}
}

type sends func(*http.Request) (*http.Response, error)

func (s sends) RoundTrip(r *http.Request) (*http.Response, error) { return s(r) }
