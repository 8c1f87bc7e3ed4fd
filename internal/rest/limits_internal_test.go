package rest

import (
	"fmt"
	"testing"
	"time"
)

// Whatever strangers send, the memory of a limiter has an end.
func TestALimiterForgetsRatherThanGrow(t *testing.T) {
	t.Parallel()
	l := newLimiter(RateLimit{PerSecond: 1, Burst: 1}, time.Now)
	for i := range 3 * maxBuckets {
		l.take(fmt.Sprint(i))
	}
	if n := l.buckets.Len(); n != maxBuckets {
		t.Errorf("%d buckets", n)
	}
}

func TestABucketFillsUpAgain(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	l := newLimiter(RateLimit{PerSecond: 2, Burst: 3}, func() time.Time { return now })
	for want := 2; want >= 0; want-- {
		if left, _, ok := l.take("a"); int(left) != want || !ok {
			t.Errorf("%v left, allowed %t; want %d", left, ok, want)
		}
	}
	if left, wait, ok := l.take("a"); left != 0 || wait != 500*time.Millisecond || ok {
		t.Errorf("%v left, wait %v, allowed %t", left, wait, ok)
	}
	if _, _, ok := l.take("b"); !ok {
		t.Error("another name has to wait")
	}
	now = now.Add(500 * time.Millisecond)
	if _, wait, ok := l.take("a"); !ok {
		t.Errorf("wait %v after the wait", wait)
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
