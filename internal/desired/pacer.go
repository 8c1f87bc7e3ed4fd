package desired

import (
	"context"
	"net/http"
	"sync"

	"github.com/dunglas/httpsfv"
	"golang.org/x/time/rate"
)

// Pacer keeps requests within the rate that the server allows, as its answers tell in RateLimit and RateLimit-Policy
// (draft-ietf-httpapi-ratelimit-headers-10). While more is left than can be under way at once, all pass; from then on as many as
// the policy gives for its window, one after the other. It does not speed up again: an answer can be older than the last one, and
// the policy gives no more in the long run. A server that tells nothing is called as fast as it answers.
type Pacer struct {
	limiter *rate.Limiter
	mu      sync.Mutex
}

// NewPacer returns one for a server that has not told anything yet.
func NewPacer() *Pacer { return &Pacer{limiter: rate.NewLimiter(rate.Inf, 1)} }

// wait waits until the next request may be sent.
func (p *Pacer) wait(ctx context.Context) error { return p.limiter.Wait(ctx) }

// Learn reads the headers of an answer.
func (p *Pacer) Learn(header http.Header) {
	allowed := rate.Inf // by the policies of which little is left
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
			p.limiter.Allow() // the answer just read was for the first one
		}
	}
}

// items reads a list of named items (RFC 9651, section 3.1). What is no such list has none.
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
