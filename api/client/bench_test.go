package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/client/raw"
)

const (
	benchID  = "019daa80-7c00-7000-8000-000000000001"
	benchURL = "http://127.0.0.1:8080/api"
)

var benchNumber = encode(examplesOf("getPhoneNumber")[0])

// stub responds to every request with the same body, without a network.
type stub string

func (s stub) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header:        http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"5MYVPBXQ6JBGUCIQSYWZ3TCBMJ"}},
		ContentLength: int64(len(s)), Body: io.NopCloser(strings.NewReader(string(s))),
	}, nil
}

// byHand is what a program does without a client: it sends a request and decodes the response, without checks or bounds.
func byHand(ctx context.Context, c *http.Client, method, path string, body, answer any) error {
	var reader io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(ctx, method, benchURL+path, reader)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer key")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := c.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// compare runs a batch of each of the three ways in turn. It reports the median ratio of the time of each way to that of the
// hand-written call. If the ratio of the client is over most, the benchmark fails.
func compare(b *testing.B, most float64, hand, sdk, generated func() error) {
	b.Helper()
	const batch = 200
	measure := func(call func() error) float64 {
		start := time.Now()
		for range batch {
			if err := call(); err != nil {
				b.Fatal(err)
			}
		}
		return float64(time.Since(start))
	}
	var clients, raws []float64
	for b.Loop() {
		h := measure(hand)
		clients = append(clients, measure(sdk)/h)
		raws = append(raws, measure(generated)/h)
	}
	median := func(ratios []float64) float64 {
		slices.Sort(ratios)
		return ratios[len(ratios)/2]
	}
	b.ReportMetric(0, "ns/op") // it would be the time of three batches, which means nothing
	b.ReportMetric(median(clients), "client/by-hand")
	b.ReportMetric(median(raws), "generated/by-hand")
	if got := median(clients); got > most && len(clients) > 1 {
		b.Errorf("the client takes %.2f times as long as a call by hand; at most %.2f", got, most)
	}
}

func benchClients(b *testing.B, body string) (*http.Client, *client.Client, *raw.ClientWithResponses) {
	b.Helper()
	hand := &http.Client{Transport: stub(body)}
	c, err := client.New(client.WithBaseURL(benchURL), client.WithAPIKey("key"), client.WithHTTPClient(hand))
	if err != nil {
		b.Fatal(err)
	}
	generated, err := raw.NewClientWithResponses(benchURL, raw.WithHTTPClient(hand), raw.WithRequestEditorFn(
		func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer key")
			return nil
		}))
	if err != nil {
		b.Fatal(err)
	}
	return hand, c, generated
}

func BenchmarkGet(b *testing.B) {
	hand, c, generated := benchClients(b, benchNumber)
	ctx := b.Context()
	compare(b, 2, func() error {
		var n api.PhoneNumber
		return byHand(ctx, hand, http.MethodGet, "/phone_numbers/"+benchID, nil, &n)
	}, func() error {
		_, err := c.Get(ctx, benchID)
		return err
	}, func() error {
		_, err := generated.GetPhoneNumberWithResponse(ctx, benchID)
		return err
	})
}

func BenchmarkUpdate(b *testing.B) {
	hand, c, generated := benchClients(b, benchNumber)
	ctx := b.Context()
	change := api.UpdatePhoneNumberInput{AgentID: api.LinkAgent("agent_1")}
	compare(b, 2, func() error {
		var n api.PhoneNumber
		return byHand(ctx, hand, http.MethodPut, "/phone_numbers/"+benchID, change, &n)
	}, func() error {
		_, err := c.Update(ctx, benchID, change)
		return err
	}, func() error {
		_, err := generated.UpdatePhoneNumberWithResponse(ctx, benchID, change)
		return err
	})
}

func BenchmarkListOf100(b *testing.B) {
	page := pageOf("AZ2qgHwAcACAAAAAAAAAAQ", slices.Repeat([]string{benchNumber}, 100)...)
	hand, c, generated := benchClients(b, page)
	ctx := b.Context()
	compare(b, 1.2, func() error {
		var p api.PhoneNumberPage
		return byHand(ctx, hand, http.MethodGet, "/phone_numbers?limit=100", nil, &p)
	}, func() error {
		_, err := c.List(ctx, api.ListPhoneNumbersParams{Limit: new(100)})
		return err
	}, func() error {
		_, err := generated.ListPhoneNumbersWithResponse(ctx, &api.ListPhoneNumbersParams{Limit: new(100)})
		return err
	})
}
