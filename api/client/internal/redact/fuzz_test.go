package redact

import (
	"encoding/json"
	"html"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

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
		if cut := x.Cut(text[:random.IntN(len(text)+1)]); len(secret) > 2 && strings.Contains(unwrap(cut), "'"+secret) { // a shorter one can be an escape without its ;
			t.Errorf("a part of %q, which has %q in it, becomes %q; want it without the secret", text, secret, cut)
		}
		if other := before + after; !slices.ContainsFunc(readings(other), func(r reading) bool { return strings.Contains(r.text, secret) }) && len(readings(secret)) == 1 {
			if kept := x.Text(other); kept != other {
				t.Errorf("%q, which does not have %q in it, becomes %q; want no change", other, secret, kept)
			}
		}
	})
}

// wrapping returns a way in which servers write a text, and the way to read it.
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
