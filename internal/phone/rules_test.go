package phone

import (
	"regexp"
	"strings"
	"testing"
)

func TestValueRules(t *testing.T) {
	long := strings.Repeat
	for _, rule := range []struct {
		name      string
		holds     func(string) bool
		good, bad []string
	}{
		{
			"E.164", IsE164,
			[]string{"+18001234567", "+14155550100", "+2345678", "+234567890123456", "+442079460000"},
			[]string{
				"", "+", "18001234567", "+1800123456", "+180012345678", "+0123456789", "+234567", "+2345678901234567", "+1 8001234567",
				"+1800123456a", "+18001234567\n", " +18001234567", "+１8001234567", "++18001234567",
			},
		},
		{
			"SIP prefix", IsSIPPrefix,
			[]string{"a", "Z", "0", "123456", "support-line", "a_b.c~d+e", "1234567a", long("a", 64)},
			[]string{"", "-a", ".a", "1234567", "12345678901", "a b", "a@b", "ä", "a\n", long("a", 65)},
		},
		{
			"user name", username.MatchString,
			[]string{"u", "user@example.com", "!#$%&'()*+,-./;=?[]^_`{|}~", long("u", 64)},
			[]string{"", "a b", "a:b", `a"b`, `a\b`, "a<b", "a>b", "ä", "a\n", "a\x7f", long("u", 65)},
		},
		{
			"password", password.MatchString,
			[]string{"p", "correct horse", `"\<>: ~`, long("p", 128)},
			[]string{"", "ä", "a\tb", "a\n", "a\x7f", long("p", 129)},
		},
		{
			"agent id", isAgentID,
			[]string{"agent_1", "A-Z", "0", long("a", 128)},
			[]string{"", "a b", "a.b", "ä", "a\n", long("a", 129)},
		},
		{
			"US prefix", usPrefix.MatchString,
			[]string{"2", "415", "4155550100"},
			[]string{"", "0", "1", "14155550100", "41555501000", "+415", "4 1", "415\n", "４"},
		},
		{
			"GB prefix", gbPrefix.MatchString,
			[]string{"2", "020", "2079460000", "02079460000"},
			[]string{"", "0", "00", "0020", "20794600001", "020794600001", "+44", "2\n"},
		},
		{
			"termination URI", isTerminationURI,
			[]string{
				"sip.example.com", "SIP.Example.COM", "sip:sip.example.com", "sips:sip.example.com", "SiPs:sip.example.com;Transport=TLS",
				"localhost", "example.com.", "a.b-c.d1", "sip.example.com:1", "sip.example.com:65535", "sip.example.com:5060;transport=udp",
				"sip.example.com;transport=tcp", "sip:sip.example.com;transport=tls", "192.0.2.1", "192.0.2.1:5060", "[2001:db8::1]",
				"[2001:db8::1]:5061;transport=tls", "[::ffff:192.0.2.1]", "sip:5060", "sip", "sips:5061;transport=udp",
				long("a", 63) + ".example", long(long("a", 49)+".", 5) + "com",
			},
			[]string{
				"", "sip:", "sips:", ":5060", "user@sip.example.com", "sip:user@sip.example.com", "https://example.com", "sip://example.com",
				"example.com/", "example.com?x=1", "example.com;lr", "example.com;transport=", "example.com;transport=ws",
				"example.com;transport=udp;lr", "sips:example.com;transport=udp", "sips:example.com;transport=tcp", "example.com:0",
				"example.com:65536", "example.com:", "example.com:a", "example.com:+1", "example.com:000001", "example.com:5060:5060",
				"-a.com", "a-.com", "a..com", ".com", "a_b.com", "ä.com", "1.2.3", "256.1.1.1", "example.c0m.1", "1.2.3.4.", "2001:db8::1",
				"[2001:db8::1", "[2001:db8::1]5060", "[fe80::1%eth0]", "[192.0.2.1]", "[]", "[::1]]", "example.com\r\nVia: x", "example.com ", " example.com",
				long("a", 64) + ".example", long("a.", 127) + "com", long(long("a", 63)+".", 4) + "com", "example.com;tranſport=tls", "example.com..",
			},
		},
	} {
		t.Run(rule.name, func(t *testing.T) {
			for _, s := range rule.good {
				if !rule.holds(s) {
					t.Errorf("%q is refused", s)
				}
			}
			for _, s := range rule.bad {
				if rule.holds(s) {
					t.Errorf("%q is accepted", s)
				}
			}
		})
	}
}

func TestCursorKeepsTheID(t *testing.T) {
	const id = "019daa80-7c00-7000-8000-000000000001"
	cursor := encodeCursor(id)
	if cursor == id {
		t.Errorf("the cursor is %s; want another text than the id", cursor)
	}
	if got, ok := decodeCursor(cursor); !ok || got != id {
		t.Errorf("the cursor %s became %s, %t; want %s, true", cursor, got, ok, id)
	}
}

func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", "AZ2qgHwAcACAAAAAAAAAAQ", "AZ2qgHwAcACAAAAAAAAAAQ\n", "AZ2qgHwAcACAAAAAAAAAAR", "019daa80-7c00-7000-8000-000000000001"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		if id, ok := decodeCursor(cursor); ok && encodeCursor(id) != cursor {
			t.Errorf("%q and %q stand for the same place", cursor, encodeCursor(id))
		}
	})
}

func FuzzTerminationURI(f *testing.F) {
	for _, seed := range []string{"sip:example.com:5060;transport=udp", "[::1]:1", "sips:", "a.b."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if !isTerminationURI(uri) {
			return
		}
		if len(uri) > 255 {
			t.Errorf("%q is accepted, with %d bytes; want 255 or fewer", uri, len(uri))
		}
		if bad := "@/?%, \r\n\x00"; strings.ContainsAny(uri, bad) {
			t.Errorf("%q is accepted; want none of %q in it", uri, bad)
		}
		if uri != strings.ToValidUTF8(uri, "") {
			t.Errorf("%q is accepted; want UTF-8", uri)
		}
	})
}

// The rules that are checked by hand are those of openapi.yaml, which states them as regular expressions.
func FuzzRulesByHand(f *testing.F) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	agentID := regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	const id = "019daa80-7c00-7000-8000-00000000000f"
	for _, s := range []string{"", id, id[1:], id + "0", strings.ToUpper(id), strings.Replace(id, "-", "0", 1), strings.Replace(id, "0", "-", 1), strings.Replace(id, "0", "g", 1)} {
		f.Add(s)
	}
	for _, c := range "azAZ09-_`{@[/:,^é" {
		f.Add(string(c))
	}
	f.Add(strings.Repeat("a", 128))
	f.Add(strings.Repeat("a", 129))
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := IsID(s), uuid.MatchString(s); got != want {
			t.Errorf("%q is an id: %t; want %t", s, got, want)
		}
		if got, want := isAgentID(s), agentID.MatchString(s); got != want {
			t.Errorf("%q is the id of an agent: %t; want %t", s, got, want)
		}
	})
}
