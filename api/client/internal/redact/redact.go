// Package redact removes secrets from text that others wrote, such as the response of a server.
package redact

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	redacted = "[redacted]"
	// leftOut replaces a whole text. If [redacted] replaced only the word, the words around it could reveal the word.
	leftOut = "[redacted: it may hold a secret]"
)

// Redactor removes secrets from text, as they are and with the usual escapes. It replaces a secret that is unlikely to
// occur in other text by chance with [redacted]. If a text contains any other secret as a whole word, it replaces the
// whole text.
type Redactor struct {
	long  []string // replaced everywhere
	words []string // a text that contains one as a whole word is replaced as a whole
}

// New returns a Redactor for these secrets.
func New(secrets ...string) *Redactor {
	var r Redactor
	for _, secret := range secrets {
		for _, sent := range []string{secret, string([]rune(secret))} { // JSON replaces invalid UTF-8 with U+FFFD
			for _, read := range readings(sent) {
				into := &r.long
				if wordLike(read.text) {
					into = &r.words
				}
				if !slices.Contains(*into, read.text) {
					*into = append(*into, read.text)
				}
			}
		}
	}
	return &r
}

// wordLike reports whether a secret may well occur in other text by chance: it has fewer than 8 characters, or fewer
// than 16 without both a letter and a digit.
func wordLike(secret string) bool {
	n := utf8.RuneCountInString(secret)
	mixed := strings.ContainsFunc(secret, unicode.IsLetter) && strings.ContainsFunc(secret, unicode.IsDigit)
	return n < 8 || n < 16 && !mixed
}

// Text returns the text without the secrets.
func (r *Redactor) Text(text string) string { return r.redact(text).plain }

// Name returns a name without the long secrets. A name is not a value, so a word that is also a secret stays in it.
func (r *Redactor) Name(name string) string { return r.replace(&source{plain: name}).plain }

// Cut returns a text without the secrets. The text may break off within a secret; Cut removes that part of the secret
// too.
func (r *Redactor) Cut(text string) string {
	t := r.redact(text)
	if t.plain == leftOut {
		return leftOut
	}
	if at := begun(t, r.words); at < len(t.plain) {
		t = &source{plain: t.plain[:at]}
	}
	if at := begun(t, r.long); at < len(t.plain) {
		return t.plain[:at] + redacted
	}
	return t.plain
}

func (r *Redactor) redact(text string) *source {
	if t := r.replace(&source{plain: text}); !wordIn(t, r.words) {
		return t
	}
	return &source{plain: leftOut}
}

// replace replaces each long secret with [redacted].
func (r *Redactor) replace(t *source) *source {
	type span struct{ from, to int }
	var found []span
	if len(r.long) > 0 {
		for _, read := range t.readings() {
			for _, secret := range r.long {
				for from := range occurrences(read.text, secret) {
					found = append(found, span{read.begin(from), read.begin(from + len(secret))})
				}
			}
		}
	}
	if found == nil {
		return t
	}
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	done := 0
	for _, f := range found {
		if f.from >= done { // otherwise it overlaps the previous one
			b.WriteString(t.plain[done:f.from])
			b.WriteString(redacted)
		}
		done = max(done, f.to)
	}
	b.WriteString(t.plain[done:])
	return &source{plain: b.String()}
}

// occurrences yields each offset at which part begins in text.
func occurrences(text, part string) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for from := 0; part != ""; from++ {
			at := strings.Index(text[from:], part)
			if from += at; at < 0 || !yield(from) {
				return
			}
		}
	}
}
