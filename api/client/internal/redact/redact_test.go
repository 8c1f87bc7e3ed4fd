package redact

import (
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const longKey = "pnk_0123456789abcdefghijKEY"

// each writes every character of a text in a notation of its own, or as it is where the notation is empty.
func each(notation string) func(string) string {
	return func(text string) string {
		var b strings.Builder
		for _, r := range text {
			switch notation {
			case `\u`:
				if r > 0xffff {
					fmt.Fprintf(&b, `\u%04x\u%04X`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
				} else {
					fmt.Fprintf(&b, `\u%04x`, r)
				}
			case `\U`:
				fmt.Fprintf(&b, `\U%08X`, r)
			case `\x`:
				for _, c := range []byte(string(r)) {
					fmt.Fprintf(&b, `\x%02x`, c)
				}
			case "%X", "%x":
				for _, c := range []byte(string(r)) {
					fmt.Fprintf(&b, "%%%02"+notation[1:], c)
				}
			default:
				fmt.Fprintf(&b, notation, r)
			}
		}
		return b.String()
	}
}

func inJSON(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted[1 : len(quoted)-1])
}

// half writes every other character by the one function, and the rest by the other.
func half(one, other func(string) string) func(string) string {
	return func(text string) string {
		var b strings.Builder
		for i, r := range []rune(text) {
			write := one
			if i%2 == 0 {
				write = other
			}
			b.WriteString(write(string(r)))
		}
		return b.String()
	}
}

func then(first, second func(string) string) func(string) string {
	return func(text string) string { return second(first(text)) }
}

var notations = map[string]func(string) string{
	"as it is":           func(text string) string { return text },
	"JSON":               inJSON,
	"JSON of others":     func(text string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "/", `\/`).Replace(text) },
	"JSON of ASCII":      func(text string) string { q := fmt.Sprintf("%+q", text); return q[1 : len(q)-1] },
	"JSON, all escaped":  each(`\u`),
	"JSON, half escaped": half(inJSON, each(`\u`)),
	"JSON in JSON":       then(inJSON, inJSON),
	"JSON in JSON twice": then(then(half(inJSON, each(`\u`)), inJSON), inJSON),
	"Go":                 func(text string) string { q := fmt.Sprintf("%q", text); return q[1 : len(q)-1] },
	"Go, all escaped":    each(`\U`),
	"bytes":              each(`\x`),
	"HTML":               html.EscapeString,
	"HTML by name":       strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&apos;", "<", "&lt;", ">", "&gt;", "/", "&sol;", "%", "&percnt;").Replace,
	"HTML, all decimal":  each("&#%d;"),
	"HTML, all hex":      each("&#x%X;"),
	"HTML, half hex":     half(html.EscapeString, each("&#x%x;")),
	"JSON in HTML":       then(inJSON, html.EscapeString),
	"a query":            url.QueryEscape,
	"a path":             url.PathEscape,
	"a query, all upper": each("%X"),
	"a query, all lower": each("%x"),
	"a query, half":      half(url.QueryEscape, each("%x")),
	"JSON in a query":    then(inJSON, url.QueryEscape),
	"a query in JSON":    then(url.QueryEscape, half(inJSON, each(`\u`))),
	"a query in HTML":    then(url.QueryEscape, html.EscapeString),
	"a query in a query": then(url.QueryEscape, url.QueryEscape),
	"HTML in JSON":       then(html.EscapeString, inJSON),
	"three at once":      half(half(each(`\u`), each("&#%d;")), each("%x")),
	"Go in JSON":         then(func(text string) string { q := fmt.Sprintf("%q", text); return q[1 : len(q)-1] }, inJSON),
}

var (
	longSecrets = []string{
		longKey, "correct horse battery", `s3cr"et\pass/ <&> %word`, `a\nb\u0041%41&amp;1+2`, "pässwörd 1 €😀", "1€😀3456x", "%%%%25ab", `\\\\\\u0041x`,
		strings.Repeat("x1", 127) + "y", longKey[8:18], "x" + longKey, "0" + strings.Repeat("a", 15),
	}
	wordSecrets = []string{
		"Number", "phone", "password", "the", "a", "422", "sip", "/", `"`, `\`, "%", "&", "+", "-", "hunter2", "12345", "+15550100123", "15550100123", `a"b`, `a\b`, "é", "😀",
		"terminationUri", "sip_import", "x7#Kq9", "pnk_", "redacted", "[redacted]", "may hold",
	}
)

func TestALongSecretIsReplacedWhereverItStands(t *testing.T) {
	for _, secret := range longSecrets {
		x := New("k3y-of-the-other-kind", secret)
		for name, write := range notations {
			for _, around := range [][2]string{{"", ""}, {"it is ", "."}, {"word", "word"}, {`{"p":"`, `"}`}, {"a=", "&b=1"}, {"", write(secret)}} {
				text := around[0] + write(secret) + around[1]
				got, want := x.Text(text), around[0]+redacted+strings.ReplaceAll(around[1], write(secret), redacted)
				if around[1] == "" {
					want = around[0] + redacted
				}
				if got != want {
					t.Errorf("%q, %s: %q becomes %q; want %q", secret, name, text, got, want)
				}
				if again := x.Text(got); again != got {
					t.Errorf("%q, %s: %q becomes %q; want no change", secret, name, got, again)
				}
			}
		}
	}
}

func TestATextWithAWordOfItsOwnIsLeftOut(t *testing.T) {
	for _, secret := range wordSecrets {
		x := New(longKey, secret)
		for name, write := range notations {
			for _, text := range []string{
				"%s", "invalid password '%s'", `invalid password "%s".`, "wrong password: %s", "wrong password: %s; try again", "is (%s) right?", "password=%s",
				"user=u&password=%s&x=y", `{"password":"%s"}`, `{"detail":"not \"%s\""}`, `{"a":{"b":["x","%s"]}}`, `{"password":"%s","password":"x"}`, `echo {"password":"%s"}`,
				"caller/'%s'", "<b>%s</b>", "no\n%s\n", "u:'%s'@h",
			} {
				if name == "Go" && strings.Contains(text, "'") && strings.Contains(secret, "'") {
					continue
				}
				text = strings.ReplaceAll(text, "%s", write(secret))
				if got := x.Text(text); got != leftOut {
					t.Errorf("%q, %s: %q becomes %q; want %q", secret, name, text, got, leftOut)
				}
				if line := Line(x.Text(text)); line != leftOut {
					t.Errorf("%q, %s: %q becomes the line %q; want %q", secret, name, text, line, leftOut)
				}
			}
		}
		if again := x.Text(leftOut); again != leftOut {
			t.Errorf("%q: %q becomes %q; want no change", secret, leftOut, again)
		}
	}
}

func TestAWordInNamesAndOtherWordsStays(t *testing.T) {
	for secret, texts := range map[string][]string{
		"Number":   {"/sipImport/phoneNumber is missing", `{"pointer":"/sipImport/phoneNumber"}`, "Numbers", "a number", "N\u00famber", "Number_1", "Number=1"},
		"phone":    {"phoneNumber", "telephone", "headphone-set", "phone-number", "a.phone.example.com", `{"phone":1,"x":"telephone"}`, "phone=1"},
		"password": {`{"password":"?"}`, ` [ {"a":1, "password" : null} ] `, "passwords", "password="},
		"a":        {"an agent", "bad", "b-a", "x.a"},
		"the":      {"then", "other"},
		"422":      {`{"status":422}`, "4221", "1422", "4.422"},
		"true":     {`{"ok":true}`},
		"sip":      {"sip_import", "sip-import", "sip.example.com", "sipImport"},
		"/":        {"application/json", "/sipImport/password", "and/or", "https:/x"},
		`"`:        {`{"a":"b","c":["",1]}`, "plain"},
		".":        {"A value breaks a rule.", "1.5", "sip.example.com"},
		"-":        {"a well-known rule", "1-2"},
		" ":        {"a value breaks a rule, it says."},
	} {
		x := New(longKey, secret)
		for _, text := range texts {
			if got := x.Text(text); got != text {
				t.Errorf("%q: %q becomes %q; want no change", secret, text, got)
			}
		}
	}
	for _, name := range []string{"/sipImport/password", "password", "/Number"} {
		x := New("k", "password", "Number", longKey)
		if got := Line(x.Name(name)); got != name {
			t.Errorf("the name %q becomes %q; want no change", name, got)
		}
		if got := Line(x.Name(name + longKey)); got != name+redacted {
			t.Errorf("the name %q becomes %q; want %q", name+longKey, got, name+redacted)
		}
	}
}

// A key can be a word as well, or a part of a password, or have one in it.
func TestEachSecretCountsAsWhatItIs(t *testing.T) {
	for _, test := range []struct {
		key, password, text, want string
	}{
		{"k", "hunter2", "the key 'k' is revoked", leftOut},
		{"k", "hunter2", "the key is revoked", "the key is revoked"},
		{longKey, "pnk_", "Bearer " + longKey, "Bearer " + redacted},
		{longKey, longKey[8:18], longKey + " and " + longKey[8:18], redacted + " and " + redacted},
		{longKey[8:18], longKey, longKey + " and " + longKey[8:18], redacted + " and " + redacted},
		{longKey, longKey[20:] + "-tail-1", longKey + "-tail-1", redacted},
		{longKey, longKey, longKey, redacted},
		{longKey, "Bearer", "Bearer " + longKey, leftOut},
		{longKey, `\u0061\u0062`, "ab is a word, label is none", leftOut},
		{longKey, `\u0061\u0062`, "label", "label"},
		{longKey, "pass\xffword-1", "is pass\ufffdword-1 " + `pass\ufffdword-1`, "is " + redacted + " " + redacted},
		{longKey, `ab"cdef123`, `50%ab\"cdef123`, "50%" + redacted},
	} {
		if got := New(test.key, test.password).Text(test.text); got != test.want {
			t.Errorf("%q and %q: %q becomes %q; want %q", test.key, test.password, test.text, got, test.want)
		}
	}
}

// Wherever a text breaks off, no character of a secret is left.
func TestNoPartOfASecretIsLeftWhereATextIsCut(t *testing.T) {
	t.Parallel()
	for _, secret := range append(slices.Clone(longSecrets[:6]), "hunter2", "phone") {
		x := New("K-E-Y-0-0-0-0-0", secret)
		for name, write := range notations {
			whole := write(secret)
			for cut := 1; cut < len(whole); cut++ {
				text := "it is: " + whole[:cut]
				got := strings.TrimSuffix(x.Cut(text), redacted)
				if rest, ok := strings.CutPrefix(got, "it is: "); got != leftOut && ok && rest != unfinished(rest) {
					t.Errorf("%q, %s: %q becomes %q; want nothing of the secret in it", secret, name, text, got)
				}
			}
		}
		if got := x.Cut("as good as new"); got != "as good as new" && got != "as good as ne" {
			t.Errorf("%q: %q becomes %q; want no change, or one byte less", secret, "as good as new", got)
		}
	}
}

func TestWhatIsInvisibleIsNotInALine(t *testing.T) {
	x := New(longKey)
	bad := []string{"\u061c", "\u200e", "\u200f", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u2028", "\u2029", "\x00", "\x1b", "\x7f", "\u0085", "\u00a0", "\xff", "\xed\xa0\x80", "\ufffd", "\U000e0041"}
	for _, from := range [][2]rune{{0x202a, 0x202e}, {0x2066, 0x2069}} {
		for r := from[0]; r <= from[1]; r++ {
			bad = append(bad, string(r))
		}
	}
	for _, s := range bad {
		for _, clean := range []func(string) string{Line, func(s string) string { return Line(x.Text(s)) }, func(s string) string { return Line(x.Name(s)) }} {
			got := strings.ReplaceAll(clean("a"+s+"é"), "  ", " ")
			if letters := strings.TrimSpace(strings.ReplaceAll(got, " ", "")); letters != "aé" {
				t.Errorf("a%qé becomes %q; want nothing but a, é and spaces", s, got)
			}
			if !strings.HasPrefix(got, "a ") {
				t.Errorf("a%qé becomes %q; want a space after a", s, got)
			}
		}
		if got := x.Text("a" + s); got != "a"+s {
			t.Errorf("%q becomes %q; want no change", "a"+s, got)
		}
	}
	got := Line(strings.Repeat("é", 600))
	if len(got) > 1003 {
		t.Errorf("a long line has %d bytes; want 1003 at most", len(got))
	}
	if !utf8.ValidString(got) {
		t.Errorf("a long line is %q; want valid UTF-8", got)
	}
	if !strings.HasSuffix(got, "...") {
		t.Errorf("a long line is %q; want it to end with ...", got)
	}
}

// FuzzRedact puts a secret into any text, wraps that in any way, and checks the rules on the result.
func FuzzRedact(f *testing.F) {
	for i, secret := range slices.Concat(longSecrets, wordSecrets) {
		f.Add(secret, "it is ", " or so", uint64(i))
		f.Add(secret, `{"password":"`, `"}`, uint64(i)+1000)
		f.Add(secret, "C:\\", "%41", uint64(i)+2000)
	}
	f.Fuzz(func(t *testing.T, secret, before, after string, how uint64) {
		if secret == "" || !utf8.ValidString(before+" "+secret+" "+after) || strings.Contains(leftOut, secret) {
			t.Skip()
		}
		x, inner, random := New(secret), before+" '"+secret+"' "+after, rand.New(rand.NewPCG(how, 1))
		text, unwrap := inner, func(s string) string { return s }
		for range random.IntN(3) {
			wrap, undo := wrapping(random)
			text = wrap(text)
			last := unwrap
			unwrap = func(s string) string { return last(undo(s)) }
		}
		if unwrap(text) != inner {
			t.Fatalf("%q, wrapped as %q, is read as %q; want no change", inner, text, unwrap(text))
		}
		got := x.Text(text)
		if _, isJSON := stringsOf(text); !isJSON {
			if !strings.Contains(got, "[redacted") {
				t.Errorf("%q in %q, %q, becomes %q; want it redacted", secret, inner, text, got)
			}
			if strings.Contains(unwrap(got), "'"+secret+"'") {
				t.Errorf("%q in %q, %q, becomes %q; want it without the secret", secret, inner, text, got)
			}
		}
		if again := x.Text(got); again != got && !strings.ContainsAny(secret, "[]") {
			t.Errorf("%q: %q becomes %q; want no change", secret, got, again)
		}
		if cut := x.Cut(text[:random.IntN(len(text)+1)]); len(secret) > 2 && strings.Contains(unwrap(cut), "'"+secret) { // a shorter one can be an escape that lacks its ;
			t.Errorf("a part of %q, which has %q in it, becomes %q; want it without the secret", text, secret, cut)
		}
		if other := before + after; !slices.ContainsFunc(readings(other), func(r reading) bool { return strings.Contains(r.text, secret) }) && len(readings(secret)) == 1 {
			if kept := x.Text(other); kept != other {
				t.Errorf("%q, which does not have %q in it, becomes %q; want no change", other, secret, kept)
			}
		}
	})
}

// wrapping returns a way to write a text, as servers do, and the way to read it.
func wrapping(random *rand.Rand) (wrap, unwrap func(string) string) {
	some := func(must, may func(string) string) func(string) string {
		return func(text string) string {
			var b strings.Builder
			for _, r := range text {
				write := must
				if random.IntN(3) == 0 {
					write = may
				}
				b.WriteString(write(string(r)))
			}
			return b.String()
		}
	}
	switch random.IntN(3) {
	case 0:
		return some(inJSON, each(`\u`)), func(text string) string {
			var s string
			if json.Unmarshal([]byte(`"`+text+`"`), &s) != nil {
				return text
			}
			return s
		}
	case 1:
		return some(url.QueryEscape, each("%x")), func(text string) string {
			s, err := url.QueryUnescape(text)
			if err != nil {
				return text
			}
			return s
		}
	default:
		return some(html.EscapeString, func(s string) string {
			if r, _ := utf8.DecodeRuneInString(s); r < ' ' || r >= 0x7f {
				return s // some numbers mean another character
			}
			return each("&#x%x;")(s)
		}), html.UnescapeString
	}
}
