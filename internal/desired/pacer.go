package desired

import (
	"context"
	"net/http"
	"sync"

	"github.com/dunglas/httpsfv"
	"golang.org/x/time/rate"
)

// Pacer keeps requests within the rate that the server allows in the headers RateLimit and RateLimit-Policy
// (draft-ietf-httpapi-ratelimit-headers-10). While more requests are left than can run at once, the Pacer does not delay any.
// After that, it spaces them evenly, at the rate of the policy. It does not speed up again: a response can be older than the
// last one, and the policy allows no more in the long run. If a server sends no such headers, the Pacer never delays a request.
type Pacer struct {
	limiter *rate.Limiter
	mu      sync.Mutex
}

// NewPacer returns a Pacer for a server that has not sent a response yet.
func NewPacer() *Pacer { return &Pacer{limiter: rate.NewLimiter(rate.Inf, 1)} }

// wait waits until the next request may be sent.
func (p *Pacer) wait(ctx context.Context) error { return p.limiter.Wait(ctx) }

// Learn reads the headers of a response.
func (p *Pacer) Learn(header http.Header) {
	allowed := rate.Inf // by the policies that have few requests left
	for policy, left := range items(header.Values("RateLimit")) {
		remaining, ok := parameter(left, "r")
		if !ok || remaining > AtOnce {
			continue
		}
		limits := items(header.Values("RateLimit-Policy"))[policy]
		quota, hasQuota := parameter(limits, "q")
		window, hasWindow := parameter(limits, "w")
		if hasQuota && hasWindow && quota > 0 && window > 0 {
			allowed = min(allowed, rate.Limit(quota/window))
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if before := p.limiter.Limit(); allowed < before {
		p.limiter.SetLimit(allowed)
		if before == rate.Inf {
			p.limiter.Allow() // this response was for the first request
		}
	}
}

// items reads a list of named items (RFC 9651, section 3.1). If lines are not such a list, it returns no items.
func items(lines []string) map[string]httpsfv.Item {
	named := map[string]httpsfv.Item{}
	list, err := httpsfv.UnmarshalList(lines)
	if err != nil {
		return named
	}
	for _, member := range list {
		if item, ok := member.(httpsfv.Item); ok {
			if name, ok := item.Value.(string); ok {
				named[name] = item
			}
		}
	}
	return named
}

func parameter(item httpsfv.Item, name string) (float64, bool) {
	if item.Params == nil {
		return 0, false
	}
	value, _ := item.Params.Get(name)
	number, ok := value.(int64)
	return float64(number), ok
}
