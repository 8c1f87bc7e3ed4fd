package rest

import (
	"fmt"
	"testing"
	"time"
)

// Whatever callers send, the memory of a limiter is bounded.
func TestALimiterForgetsRatherThanGrow(t *testing.T) {
	t.Parallel()
	l := newLimiter(RateLimit{PerSecond: 1, Burst: 1}, time.Now)
	for i := range 3 * maxBuckets {
		l.take(fmt.Sprint(i))
	}
	if n := l.buckets.Len(); n != maxBuckets {
		t.Errorf("the limiter has %d buckets; want %d", n, maxBuckets)
	}
}

func TestABucketFillsUpAgain(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	l := newLimiter(RateLimit{PerSecond: 2, Burst: 3}, func() time.Time { return now })
	for want := 2; want >= 0; want-- {
		if left, _, ok := l.take("a"); int(left) != want || !ok {
			t.Errorf("%v left, allowed %t; want %d left, allowed", left, ok, want)
		}
	}
	left, wait, ok := l.take("a")
	if ok {
		t.Error("an empty bucket allows a request; want it refused")
	}
	if left != 0 {
		t.Errorf("%v left; want 0", left)
	}
	if wait != 500*time.Millisecond {
		t.Errorf("the wait is %v; want 500ms", wait)
	}
	if _, wait, ok := l.take("b"); !ok {
		t.Errorf("another name has to wait %v; want it allowed", wait)
	}
	now = now.Add(500 * time.Millisecond)
	if _, wait, ok := l.take("a"); !ok {
		t.Errorf("after the wait it has to wait %v; want it allowed", wait)
	}
}

func TestAnIPv6CallerHasOneBucketForItsNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1":           "192.0.2.1",
		"2001:db8:1:2:3::4":   "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::": "2001:db8:1:2::/64",
		"fe80::1%eth0":        "fe80::/64",
		"::ffff:192.0.2.1":    "192.0.2.1",
		"":                    "",
	} {
		if got := network(address); got != want {
			t.Errorf("%s is in %s; want %s", address, got, want)
		}
	}
}
