package redact

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const longKey = "pnk_0123456789abcdefghijKEY"

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

// A key can also be a word, or a part of a password, or it can contain a password.
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

// Wherever a text is cut, no character of a secret is left.
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
