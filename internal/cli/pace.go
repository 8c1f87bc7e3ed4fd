package cli

import (
	"context"
	"net/http"
	"sync"

	"github.com/dunglas/httpsfv"
	"golang.org/x/time/rate"
)

// pacer keeps requests within the rate that the server allows, as its answers tell in RateLimit and RateLimit-Policy
// (draft-ietf-httpapi-ratelimit-headers-10). While more is left than can be under way at once, all pass; from then on as many as
// the policy gives for its window, one after the other. It does not speed up again: an answer can be older than the last one, and
// the policy gives no more in the long run. A server that tells nothing is called as fast as it answers.
type pacer struct {
	underWay int // requests at once, at most
	limiter  *rate.Limiter

	mu sync.Mutex
}

func newPacer(underWay int) *pacer {
	return &pacer{underWay: underWay, limiter: rate.NewLimiter(rate.Inf, 1)}
}

// wait waits until the next request may be sent.
func (p *pacer) wait(ctx context.Context) error { return p.limiter.Wait(ctx) }

// learn reads the headers of an answer.
func (p *pacer) learn(header http.Header) {
	left, told := smallest(header.Values("RateLimit"), func(item httpsfv.Item) (float64, bool) { return parameter(item, "r") })
	allowed, limited := smallest(header.Values("RateLimit-Policy"), func(item httpsfv.Item) (float64, bool) {
		quota, ok := parameter(item, "q")
		window, hasWindow := parameter(item, "w")
		return quota / window, ok && hasWindow && quota > 0 && window > 0
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	if told && limited && left <= float64(p.underWay) && p.limiter.Limit() == rate.Inf {
		p.limiter.SetLimit(rate.Limit(allowed))
		p.limiter.Allow() // the answer just read was for the first one
	}
}

// smallest is the smallest value of the items of a list (RFC 9651, section 3.1), as each policy must be kept.
func smallest(lines []string, value func(httpsfv.Item) (float64, bool)) (least float64, known bool) {
	list, err := httpsfv.UnmarshalList(lines)
	if err != nil {
		return 0, false
	}
	for _, member := range list {
		item, ok := member.(httpsfv.Item)
		if !ok {
			continue
		}
		if v, ok := value(item); ok && (!known || v < least) {
			least, known = v, true
		}
	}
	return least, known
}

func parameter(item httpsfv.Item, name string) (float64, bool) {
	value, _ := item.Params.Get(name)
	number, ok := value.(int64)
	return float64(number), ok
}
