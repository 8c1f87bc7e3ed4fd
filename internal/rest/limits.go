package rest

import (
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/server"
)

// RateLimit is a token bucket: Burst requests at once, and PerSecond more each second. The zero RateLimit limits nothing.
type RateLimit struct {
	PerSecond float64
	Burst     int
}

// badKeys is how often an address may send a wrong key. It is enough for a person with a typo and for many callers that share
// an address, but too slow for guessing keys.
var badKeys = RateLimit{PerSecond: 1, Burst: 60}

// maxBuckets bounds the memory of a limiter, about 200 bytes each. Beyond it, the least recently used bucket starts again.
const maxBuckets = 16 << 10

// limiter has a token bucket for each name.
type limiter struct {
	limit   RateLimit
	now     func() time.Time
	buckets *lru.Cache[string, *rate.Limiter]
	policy  []string // the header that states the limit
}

func newLimiter(limit RateLimit, now func() time.Time) *limiter {
	buckets, err := lru.New[string, *rate.Limiter](maxBuckets)
	if err != nil { // only for a size below 1
		panic(err)
	}
	window := math.Ceil(float64(limit.Burst) / limit.PerSecond)
	return &limiter{limit: limit, now: now, buckets: buckets, policy: []string{fmt.Sprintf(`"key";q=%d;w=%.0f`, limit.Burst, window)}}
}

// take takes a token from the bucket of name. It returns how many tokens are left, and if there was none, how long to wait.
func (l *limiter) take(name string) (left float64, wait time.Duration, ok bool) {
	bucket, known := l.buckets.Get(name)
	if !known {
		bucket = rate.NewLimiter(rate.Limit(l.limit.PerSecond), l.limit.Burst)
		if rival, lost, _ := l.buckets.PeekOrAdd(name, bucket); lost {
			bucket = rival // another goroutine made one at the same time
		}
	}
	now := l.now()
	ok = bucket.AllowN(now, 1)
	left = max(bucket.TokensAt(now), 0)
	return left, time.Duration(max(1-left, 0) / l.limit.PerSecond * float64(time.Second)), ok
}

// takeKey counts a request of a key, and sets headers that say how many are left (draft-ietf-httpapi-ratelimit-headers-10).
func (l *limiter) takeKey(keyID string, header http.Header) error {
	if l == nil {
		return nil
	}
	left, wait, ok := l.take(keyID)
	full := math.Ceil((float64(l.limit.Burst) - left) / l.limit.PerSecond)
	state := strconv.AppendInt([]byte(`"key";r=`), int64(left), 10)
	state = strconv.AppendFloat(append(state, ";t="...), full, 'f', 0, 64)
	header["Ratelimit-Policy"] = l.policy
	header["Ratelimit"] = []string{string(state)}
	if ok {
		return nil
	}
	return server.RetryAfter(api.NewProblem(api.CodeRateLimited, "Too many requests with this API key. Try again later."), wait)
}

// takeBadKey counts a wrong key from an address.
func (l *limiter) takeBadKey(address string) error {
	if _, wait, ok := l.take(network(address)); !ok {
		return server.RetryAfter(api.NewProblem(api.CodeRateLimited, "Too many requests with a wrong API key. Check the key, and try again later."), wait)
	}
	return api.NewProblem(api.CodeUnauthorized, "")
}

// network returns the network that an address counts for: the /64 for IPv6, because one caller can have many addresses in it,
// and the address itself for IPv4.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
