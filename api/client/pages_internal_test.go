package client

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
)

// If the cursors of a server are always new, the list ends with an error.
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
	if want := "more than 50 pages"; last == nil || !strings.Contains(last.Error(), want) {
		t.Errorf("error is %v; want one that says %q", last, want)
	}
	if read != 50 {
		t.Errorf("read %d pages; want 50", read)
	}
}

type sends func(*http.Request) (*http.Response, error)

func (s sends) RoundTrip(r *http.Request) (*http.Response, error) { return s(r) }
