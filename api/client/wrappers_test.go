package client_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httputil"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

// between is something that can be between a client and its connection.
type between struct {
	wrap    func(next http.RoundTripper) http.RoundTripper
	repeats bool // it resends a POST by itself if the response is a 503
	early   bool // it reads the request before it has a connection, or hides the connection, so it cannot be the transport
	never   bool // it cannot be a middleware either
}

// wrappers are libraries and patterns that programs use.
var wrappers = map[string]between{
	"nothing":  {wrap: func(next http.RoundTripper) http.RoundTripper { return next }},
	"otelhttp": {wrap: func(next http.RoundTripper) http.RoundTripper { return otelhttp.NewTransport(next) }},
	"go-retryablehttp": {repeats: true, early: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		c := retryablehttp.NewClient()
		c.HTTPClient.Transport, c.Logger, c.RetryWaitMin, c.RetryWaitMax = next, nil, time.Microsecond, time.Microsecond
		return &retryablehttp.RoundTripper{Client: c}
	}},
	"httputil.DumpRequestOut": {early: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if _, err := httputil.DumpRequestOut(r, true); err != nil {
				return nil, err
			}
			return next.RoundTrip(r)
		})
	}},
	"one that logs what it can read": {early: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			_, _ = httputil.DumpRequestOut(r, true)
			return next.RoundTrip(r)
		})
	}},
	"one that gives GetBody back": {repeats: true, early: true, wrap: twice(func(r *http.Request, body []byte) *http.Request {
		r = r.Clone(r.Context())
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		r.Body, _ = r.GetBody()
		return r
	})},
	"one that makes a new request": {repeats: true, early: true, wrap: twice(func(r *http.Request, body []byte) *http.Request {
		again, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		again.Header = r.Header
		return again
	})},
	"one that hedges": {repeats: true, early: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Body == nil {
				return next.RoundTrip(r)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			type result struct {
				response *http.Response
				err      error
			}
			results := make(chan result, 2)
			for range 2 {
				again := r.Clone(r.Context())
				again.Body = io.NopCloser(bytes.NewReader(body))
				go func() {
					response, err := next.RoundTrip(again)
					results <- result{response, err}
				}()
			}
			got, other := <-results, <-results
			if got.err != nil {
				got, other = other, got
			}
			if other.err == nil {
				_ = other.response.Body.Close()
			}
			return got.response, got.err
		})
	}},
	"one that copies the body while it sends it": {repeats: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			var sent bytes.Buffer
			first := r.Clone(r.Context())
			if r.Body != nil {
				first.Body = io.NopCloser(io.TeeReader(r.Body, &sent))
			}
			response, err := next.RoundTrip(first)
			if err == nil && response.StatusCode != http.StatusServiceUnavailable {
				return response, nil
			}
			if err == nil {
				_ = response.Body.Close()
			}
			again, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(sent.Bytes()))
			if err != nil {
				return nil, err
			}
			again.Header = r.Header
			return next.RoundTrip(again)
		})
	}},
	"one that drops the context": {repeats: true, early: true, never: true, wrap: twice(func(r *http.Request, body []byte) *http.Request {
		r = r.Clone(context.Background()) //nolint:contextcheck // this is its mistake
		r.Body = io.NopCloser(bytes.NewReader(body))
		return r
	})},
	"one that drops the context when it sends again": {repeats: true, early: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			ctx := r.Context()
			return twice(func(r *http.Request, body []byte) *http.Request {
				r = r.Clone(ctx)
				r.Body = io.NopCloser(bytes.NewReader(body))
				ctx = context.Background() // this is its mistake
				return r
			})(next).RoundTrip(r)
		})
	}},
	"one that drops the context and sends once": {early: true, never: true, wrap: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			return next.RoundTrip(r.WithContext(context.Background())) //nolint:contextcheck // this is its mistake
		})
	}},
}

// twice sends the request that make returns, and sends another one after a failure or a 503.
func twice(make func(r *http.Request, body []byte) *http.Request) func(next http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			var body []byte
			if r.Body != nil {
				var err error
				if body, err = io.ReadAll(r.Body); err != nil {
					return nil, err
				}
			}
			response, err := next.RoundTrip(make(r, body))
			if err == nil && response.StatusCode != http.StatusServiceUnavailable {
				return response, nil
			}
			if err == nil {
				_ = response.Body.Close()
			}
			return next.RoundTrip(make(r, body))
		})
	}
}
