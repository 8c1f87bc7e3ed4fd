package client_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// Trace each attempt with OpenTelemetry, under the name of its operation.
func ExampleAttemptOf() {
	spans := tracetest.NewSpanRecorder()
	tracing := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	c, err := client.New(client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return otelhttp.NewTransport(next, otelhttp.WithTracerProvider(tracing), otelhttp.WithSpanNameFormatter(
			func(_ string, r *http.Request) string {
				attempt, _ := client.AttemptOf(r.Context())
				return attempt.Operation
			}))
	}))
	if err != nil {
		log.Fatal(err)
	}
	n, err := c.Buy(context.Background(), "+13075550100")
	if err == nil {
		_, err = c.Link(context.Background(), n.ID, "agent_1")
	}
	for _, span := range spans.Ended() {
		fmt.Println(span.Name())
	}
	fmt.Println(err)
	// Output:
	// createPhoneNumber
	// updatePhoneNumber
	// <nil>
}

// Count the attempts with a middleware.
func ExampleWithMiddleware() {
	count := 0
	c, err := client.New(client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			count++
			return next.RoundTrip(r)
		})
	}))
	if err != nil {
		log.Fatal(err)
	}
	_, err = c.List(context.Background(), api.ListPhoneNumbersParams{})
	fmt.Println(count, err)
	// Output: 1 <nil>
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
