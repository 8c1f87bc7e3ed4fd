package spectest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Request is a request made by the generator, or by hand in a test.
type Request struct {
	Method string
	Path   string   // escaped
	Query  []string // name=value, escaped
	Body   []byte
	Header http.Header
	Done   []string // the changes made to a valid request
}

func (r *Request) String() string {
	body := string(r.Body)
	if len(body) > 2000 {
		body = fmt.Sprintf("%s... (%d bytes)", body[:2000], len(body))
	}
	return fmt.Sprintf("%s %s\nheader %q\nbody %q\nmade by %q", r.Method, r.target(), r.Header, body, r.Done)
}

func (r *Request) target() string {
	if len(r.Query) == 0 {
		return r.Path
	}
	return r.Path + "?" + strings.Join(r.Query, "&")
}

// http panics if the request could not have come over the wire.
func (r *Request) http(t *testing.T) *http.Request {
	t.Helper()
	// A context that can be canceled costs a goroutine or two for each statement.
	sent := httptest.NewRequestWithContext(context.WithoutCancel(t.Context()), r.Method, r.target(), bytes.NewReader(r.Body))
	sent.Header = r.Header.Clone()
	return sent
}

// Authorize puts a key where a security scheme expects it.
func (r *Request) Authorize(scheme *openapi3.SecurityScheme, key string) {
	switch {
	case scheme.Type == "http" && strings.EqualFold(scheme.Scheme, "bearer"):
		r.Header.Set("Authorization", "Bearer "+key)
	case scheme.Type == "http":
		sent := http.Request{Header: r.Header}
		sent.SetBasicAuth(key, "")
	case scheme.In == openapi3.ParameterInHeader:
		r.Header.Set(scheme.Name, key)
	case scheme.In == openapi3.ParameterInQuery:
		r.Query = append(r.Query, scheme.Name+"="+key)
	case scheme.In == openapi3.ParameterInCookie:
		r.Header.Set("Cookie", scheme.Name+"="+key)
	default:
		panic("spectest: a security scheme of type " + scheme.Type)
	}
}

// Requirements returns the ways in which a caller of the operation can authenticate. An empty one
// means a call without a key.
func (s *Spec) Requirements(op *Operation) openapi3.SecurityRequirements {
	if op.Security != nil {
		if len(*op.Security) == 0 {
			return openapi3.SecurityRequirements{{}}
		}
		return *op.Security
	}
	return s.Document.Security
}

// Serve sends the request to a handler, with additional headers.
func (r *Request) Serve(t *testing.T, handler http.Handler, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	sent, response := r.http(t), httptest.NewRecorder()
	maps.Copy(sent.Header, header)
	handler.ServeHTTP(response, sent)
	return response
}
