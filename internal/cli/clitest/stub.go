// Package clitest has servers for tests of commands that call the API.
package clitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Stub answers an update in place of a server.
type Stub func(id string) (status int, header http.Header)

// RoundTrip answers a request after 5 ms.
func (s Stub) RoundTrip(r *http.Request) (*http.Response, error) {
	id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	select {
	case <-time.After(5 * time.Millisecond): // as long as a server takes
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	status, header := s(id)
	if status == 0 {
		return nil, errors.New("connection refused")
	}
	if header == nil {
		header = http.Header{}
	}
	change := struct {
		AgentID string `json:"agentId"`
	}{}
	if r.Method == http.MethodPut {
		if err := json.NewDecoder(r.Body).Decode(&change); err != nil {
			return nil, err
		}
	}
	body := fmt.Sprintf(`{"id":%q,"number":"+14155550100","type":"PSTN","agentId":%q}`, id, change.AgentID)
	if status != http.StatusOK {
		body = `{"detail":"no"}`
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// Shuffled delays the answers of a server, so that they arrive out of order, as over several connections.
func Shuffled(s Stub) Stub {
	return func(id string) (int, http.Header) {
		status, header := s(id)
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
		return status, header
	}
}

// Bucket is a server with a rate limit: a token bucket, as the server of this project and others have.
type Bucket struct {
	mu      sync.Mutex
	limiter *rate.Limiter
	denied  int
}

// NewBucket returns a full bucket.
func NewBucket(perSecond float64, burst int) *Bucket {
	return &Bucket{limiter: rate.NewLimiter(rate.Limit(perSecond), burst)}
}

// Answer answers a request as a Stub does.
func (b *Bucket) Answer(string) (int, http.Header) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ok := b.limiter.Allow()
	burst, perSecond := b.limiter.Burst(), float64(b.limiter.Limit())
	header := http.Header{
		"Ratelimit":        {fmt.Sprintf(`"key";r=%d;t=1`, int(max(b.limiter.Tokens(), 0)))},
		"Ratelimit-Policy": {fmt.Sprintf(`"key";q=%d;w=%d`, burst, int(float64(burst)/perSecond))},
	}
	if !ok {
		b.denied++
		header.Set("Retry-After", "1")
		return http.StatusTooManyRequests, header
	}
	return http.StatusOK, header
}

// Denied is how many requests were over the limit.
func (b *Bucket) Denied() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.denied
}
