package journal

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	redacted     = "[redacted]"
	minSecret    = 4 // a secret with fewer characters is in other texts by chance
	maxEncodings = 3 // how often a text can have been percent-encoded
	apiKeyPrefix = "pnk_"
)

// redactor replaces secrets in texts.
type redactor struct {
	secrets []string // with a space for each +
}

func (x *redactor) add(secret string) {
	if utf8.RuneCountInString(secret) >= minSecret {
		x.secrets = append(x.secrets, spaced(secret))
	}
}

// spaced returns text with a space for each +, because a query has + for a space.
func spaced(text string) string { return strings.ReplaceAll(text, "+", " ") }

// text returns text with [redacted] in place of each secret.
func (x *redactor) text(text string) string {
	secret := x.find(text)
	if secret == nil {
		return text
	}
	var b strings.Builder
	for i := range secret {
		if !secret[i] {
			b.WriteByte(text[i])
		} else if i == 0 || !secret[i-1] {
			b.WriteString(redacted)
		}
	}
	if clean := b.String(); x.find(clean) == nil {
		return clean
	}
	return redacted // because [redacted] and the text beside it were a secret
}

// query is like text, for a query. It also replaces the values of parameters that have a secret.
func (x *redactor) query(query string) string {
	if query == "" {
		return ""
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		if name, _, ok := secretParameter(pair); ok {
			pairs[i] = name + "=" + redacted
		}
	}
	return x.text(strings.Join(pairs, "&"))
}

// addFromQuery adds the values of the parameters that have a secret.
func (x *redactor) addFromQuery(query string) {
	for pair := range strings.SplitSeq(query, "&") {
		if _, value, ok := secretParameter(pair); ok {
			x.add(reading{text: value}.decoded().text)
		}
	}
}

// secretParameter returns the name and the value of a parameter, as sent, and whether the value is secret.
func secretParameter(pair string) (name, value string, secret bool) {
	name, value, found := strings.Cut(pair, "=")
	return name, value, found && secretName(reading{text: name}.decoded().text)
}

// find reports for each byte of text whether it belongs to a secret. It returns nil if there is none.
func (x *redactor) find(text string) (secret []bool) {
	r := reading{text: text}
	mark := func(from, to int) {
		if secret == nil {
			secret = make([]bool, len(text))
		}
		for i := r.begin(from); i < r.begin(to); i++ {
			secret[i] = true
		}
	}
	for n := 0; ; n++ {
		for text, i := spaced(r.text), 0; i < len(x.secrets); i++ {
			for from := 0; ; from++ {
				at := strings.Index(text[from:], x.secrets[i])
				if at < 0 {
					break
				}
				from += at
				mark(from, from+len(x.secrets[i]))
			}
		}
		for from := 0; ; from++ { // one key can follow another
			at := strings.Index(r.text[from:], apiKeyPrefix)
			if at < 0 {
				break
			}
			from += at
			if rest := r.text[from+len(apiKeyPrefix):]; rest != "" && isKeyCharacter(rune(rest[0])) {
				mark(from, len(r.text)-len(strings.TrimLeftFunc(rest, isKeyCharacter)))
			}
		}
		if n == maxEncodings || !strings.Contains(r.text, "%") {
			return secret
		}
		r = r.decoded()
	}
}

func isKeyCharacter(r rune) bool {
	return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

// reading is a text, percent-decoded zero or more times.
type reading struct {
	text   string
	begins []int // where each byte of text, and its end, was in the text before it was decoded; nil if it was not decoded
}

// begin returns where the byte i of r was before r was decoded.
func (r reading) begin(i int) int {
	if r.begins == nil {
		return i
	}
	return r.begins[i]
}

// decoded returns r, percent-decoded once more. What is no escape stays as it is.
func (r reading) decoded() reading {
	text, begins := make([]byte, 0, len(r.text)), make([]int, 0, len(r.text)+1)
	for i := 0; i < len(r.text); i++ {
		begins = append(begins, r.begin(i))
		c := r.text[i]
		if c == '%' && i+2 < len(r.text) {
			if escaped, err := strconv.ParseUint(r.text[i+1:i+3], 16, 8); err == nil {
				c, i = byte(escaped), i+2
			}
		}
		text = append(text, c)
	}
	return reading{text: string(text), begins: append(begins, r.begin(len(r.text)))}
}
