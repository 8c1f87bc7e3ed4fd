package phone

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// The rules for values. Nothing is trimmed or normalized, so that a test against this server shows what the hosted API may
// reject. openapi.yaml states the same rules as far as it can.
var (
	e164       = regexp.MustCompile(`^\+(1[0-9]{10}|[2-9][0-9]{6,14})$`)
	sipPrefix  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~+-]{0,63}$`)
	manyDigits = regexp.MustCompile(`^[0-9]{7,}$`)
	username   = regexp.MustCompile(`^[!#-9;=?-\[\]-~]{1,64}$`)
	password   = regexp.MustCompile(`^[ -~]{1,128}$`)
	hostLabel  = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	portNumber = regexp.MustCompile(`^[0-9]{1,5}$`)
	usPrefix   = regexp.MustCompile(`^[2-9][0-9]{0,9}$`)
	gbPrefix   = regexp.MustCompile(`^0?[1-9][0-9]{0,9}$`)
)

// minSIPLength is the minimum length of the user name and the password of a SIP address of our own.
const minSIPLength = 5

const (
	wantE164      = "must be a phone number in E.164 form, such as +14155550100"
	knownAgentID  = "must be an agent that exists, or empty"
	wantAgentID   = "must be 1 to 128 letters, digits, hyphens and underscores, or empty"
	wantSIPPrefix = "must be 1 to 64 letters, digits and - _ . ~ +, start with a letter or digit, and not consist of 7 or more digits only"
	wantURI       = `must be a host with an optional port, such as sip.example.com:5060, optionally with sip: or sips: before it and ;transport=udp, tcp or tls after it`
	wantUsername  = `must be %d to 64 printable ASCII characters, except space and : " \ < >`
	wantPassword  = "must be %d to 128 printable ASCII characters"
)

// IsE164 reports whether s is a phone number in E.164 form: +, then 7 to 15 digits that do not start with 0. After +1,
// there must be exactly 10 more digits. IsE164 does not check whether a numbering plan has the number.
func IsE164(s string) bool { return e164.MatchString(s) }

// IsSIPPrefix reports whether s can be the prefix of a SIP address. 7 or more digits only cannot, because that is a phone number.
func IsSIPPrefix(s string) bool { return sipPrefix.MatchString(s) && !manyDigits.MatchString(s) }

// IsID reports whether s is a UUID in lower case. Any version is accepted: NewID makes UUIDv7s, but a number can also come from
// elsewhere, with its id.
func IsID(s string) bool { // by hand, as isAgentID: it is part of most requests, and a regular expression takes a microsecond
	for i := range len(s) {
		switch c := s[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return len(s) == 36
}

// isAgentID reports whether s has 1 to 128 letters, digits, hyphens and underscores.
func isAgentID(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

// isTerminationURI reports whether s is a termination URI. It reads s in each possible way, because "sip:5060" can be a
// host named sip with a port.
func isTerminationURI(s string) bool {
	if len(s) > 255 {
		return false
	}
	for _, scheme := range []string{"", "sip:", "sips:"} {
		if len(s) < len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) {
			continue
		}
		hostPort, transport, hasTransport := strings.Cut(s[len(scheme):], ";")
		if isHostPort(hostPort) && (!hasTransport || isTransport(transport, scheme == "sips:")) {
			return true
		}
	}
	return false
}

func isTransport(s string, secure bool) bool {
	switch strings.ToLower(s) {
	case "transport=tls":
		return true
	case "transport=udp", "transport=tcp":
		return !secure
	}
	return false
}

func isHostPort(s string) bool {
	var host, port string
	var hasPort bool
	if strings.HasPrefix(s, "[") {
		end := strings.Index(s, "]")
		if end < 0 {
			return false
		}
		host = s[:end+1]
		if rest := s[end+1:]; rest != "" {
			if port, hasPort = strings.CutPrefix(rest, ":"); !hasPort {
				return false
			}
		}
	} else {
		host, port, hasPort = strings.Cut(s, ":")
	}
	if hasPort {
		n, err := strconv.Atoi(port)
		if err != nil || !portNumber.MatchString(port) || n < 1 || n > 65535 {
			return false
		}
	}
	return isHost(host)
}

func isHost(s string) bool {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		address, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return err == nil && address.Is6() && address.Zone() == ""
	}
	if address, err := netip.ParseAddr(s); err == nil {
		return address.Is4()
	}
	s = strings.TrimSuffix(s, ".")
	if len(s) > 253 {
		return false
	}
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if !hostLabel.MatchString(label) {
			return false
		}
	}
	last := labels[len(labels)-1][0]
	return last > '9' // a letter, because nothing else in a label sorts after the digits
}

// country is a country in which numbers are sold. There are only a few, so they are code, not data.
type country struct {
	callingCode string // with the +
	prefix      *regexp.Regexp
	want        string
}

var countries = map[string]country{
	"US": {"+1", usPrefix, "must be 1 to 10 digits, the first 2 to 9, without the country code"},
	"GB": {"+44", gbPrefix, "must be 1 to 10 digits, the first 1 to 9, without the country code, optionally after a 0"},
}

// upperASCII changes only ASCII letters to upper case, because the upper case of the long s (U+017F) is S.
func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

// anyCountry has the rule for a prefix if the country is not supported.
var anyCountry = country{"", regexp.MustCompile(`^[0-9]{1,11}$`), "must be 1 to 11 digits"}

// IsServed reports whether the E.164 number has the country code of a country in which numbers are sold.
func IsServed(number string) bool {
	for _, c := range countries {
		if strings.HasPrefix(number, c.callingCode) {
			return true
		}
	}
	return false
}
