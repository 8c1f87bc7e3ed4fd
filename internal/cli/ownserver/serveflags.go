package ownserver

import (
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"

	"github.com/vogent-community/phonenumbers/internal/rest"
)

// The bounds of a rate limit: one request per day, and more requests per second than any server can serve.
const (
	minRate = 1. / (24 * 60 * 60)
	maxRate = 1_000_000_000
)

// rateLimitFlag is a flag such as 20/s or 20/s,100. The default burst is the number of requests per second, and at least 1.
type rateLimitFlag struct{ rest.RateLimit }

func (f *rateLimitFlag) Type() string { return "N/s[,BURST]" }

func (f *rateLimitFlag) String() string {
	if f.RateLimit == (rest.RateLimit{}) {
		return ""
	}
	return fmt.Sprintf("%g/s,%d", f.PerSecond, f.Burst)
}

func (f *rateLimitFlag) Set(value string) error {
	perSecond, burst, hasBurst := strings.Cut(value, ",")
	number, ok := strings.CutSuffix(perSecond, "/s")
	n, err := strconv.ParseFloat(number, 64)
	limit := rest.RateLimit{PerSecond: n, Burst: max(1, int(math.Ceil(min(n, maxRate))))}
	if hasBurst && err == nil {
		limit.Burst, err = strconv.Atoi(burst)
	}
	if !ok || err != nil || !(n >= minRate && n <= maxRate) || limit.Burst < 1 || limit.Burst > maxRate {
		return errors.New("it must be N/s or N/s,BURST, such as 20/s or 20/s,100")
	}
	f.RateLimit = limit
	return nil
}

// networksFlag is a flag with addresses and networks, separated by commas.
type networksFlag []*net.IPNet

func (f *networksFlag) Type() string { return "CIDR[,...]" }

func (f *networksFlag) String() string {
	texts := make([]string, len(*f))
	for i, network := range *f {
		texts[i] = network.String()
	}
	return strings.Join(texts, ",")
}

func (f *networksFlag) Set(value string) error {
	var networks networksFlag
	for _, text := range strings.Split(value, ",") {
		text = strings.TrimSpace(text)
		if ip := net.ParseIP(text); ip != nil {
			bits := 128
			if ip.To4() != nil {
				bits = 32
			}
			text += "/" + strconv.Itoa(bits)
		}
		_, network, err := net.ParseCIDR(text)
		if err != nil {
			return fmt.Errorf("%q is not an address or a network, such as 10.0.0.7 or 10.0.0.0/8", text)
		}
		networks = append(networks, network)
	}
	*f = networks
	return nil
}
