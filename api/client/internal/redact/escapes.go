package redact

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// reading is a text with its escapes undone, as a reader could see it.
type reading struct {
	text  string
	from  []int32 // the offset of each byte, and of the end, in the original; nil for the original itself
	depth int     // how many times escapes were undone
}

// source is a text and its readings, which are made when they are needed.
type source struct {
	plain string
	read  []reading
}

// readings returns the text as it is, with the escapes of each notation undone, with the escapes in those results
// undone, and so on: JSON can be in a JSON string or in HTML. It stops at a depth that no server has a reason to
// exceed.
func (t *source) readings() []reading {
	if t.read == nil {
		t.read = readings(t.plain)
	}
	return t.read
}

func readings(text string) []reading {
	const most, deepest = 24, 4
	all := []reading{{text: text}}
	for i := 0; i < len(all) && all[i].depth < deepest; i++ {
		for _, notation := range []string{backslash, percent, ampersand} {
			if len(all) == most {
				return all
			}
			next, ok := all[i].unescape(notation)
			if ok && !slices.ContainsFunc(all, func(known reading) bool { return known.text == next.text }) {
				all = append(all, next)
			}
		}
	}
	return all
}

// begin returns the offset in the original of the byte at this offset of the reading.
func (r reading) begin(at int) int {
	if r.from == nil {
		return at
	}
	return int(r.from[at])
}

// The notations of escapes, each as the characters that an escape can begin with.
const (
	backslash = `\`
	percent   = "%+"
	ampersand = "&"
)

// unescape undoes each escape of a notation once. It returns false if there is none.
func (r reading) unescape(notation string) (reading, bool) {
	at := strings.IndexAny(r.text, notation)
	if at < 0 {
		return reading{}, false
	}
	origin := r.from
	if origin == nil {
		origin = make([]int32, len(r.text)+1)
		for i := range origin {
			origin[i] = int32(i) //nolint:gosec // at most maxBody
		}
	}
	text, from := append(make([]byte, 0, len(r.text)), r.text[:at]...), append(make([]int32, 0, len(origin)), origin[:at]...)
	changed := false
	for at < len(r.text) {
		var length int
		if text, length = unescape(text, r.text[at:]); length > 0 {
			changed = true
			for len(from) < len(text) {
				from = append(from, origin[at])
			}
			at += length
		}
		plain := max(0, 1-length) // 1 for what only looks like an escape
		if next := strings.IndexAny(r.text[at+plain:], notation); next >= 0 {
			plain += next
		} else {
			plain = len(r.text) - at
		}
		text, from = append(text, r.text[at:at+plain]...), append(from, origin[at:at+plain]...)
		at += plain
	}
	return reading{string(text), append(from, origin[len(r.text)]), r.depth + 1}, changed
}

// unescape appends the meaning of the escape at the start of s to text, in any notation. It also returns the length of
// the escape, or 0 if there is none.
func unescape(text []byte, s string) ([]byte, int) {
	switch {
	case s[0] == '+': // a space in a query
		return append(text, ' '), 1
	case s[0] == '%' && len(s) > 2:
		if b, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
			return append(text, byte(b)), 3
		}
	case s[0] == '&':
		const longest = 34 // &CounterClockwiseContourIntegral;
		name := strings.IndexFunc(s[1:min(len(s), longest)], func(r rune) bool {
			return r >= utf8.RuneSelf || r != '#' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		})
		if name > 0 && s[1+name] == ';' {
			if entity := s[:name+2]; html.UnescapeString(entity) != entity {
				return append(text, html.UnescapeString(entity)...), len(entity)
			}
		}
	case s[0] == '\\' && len(s) > 1:
		if strings.IndexByte("\"'`/", s[1]) >= 0 {
			return append(text, s[1]), 2
		}
		if high := utf16Of(s); utf16.IsSurrogate(high) {
			if pair := utf16.DecodeRune(high, utf16Of(s[6:])); pair != unicode.ReplacementChar {
				return utf8.AppendRune(text, pair), 12
			}
			return utf8.AppendRune(text, unicode.ReplacementChar), 6
		}
		if r, wide, rest, err := strconv.UnquoteChar(s, 0); err == nil {
			if !wide {
				return append(text, byte(r)), len(s) - len(rest) //nolint:gosec // below 256
			}
			return utf8.AppendRune(text, r), len(s) - len(rest)
		}
	}
	return text, 0
}

// utf16Of returns the code unit of the \uXXXX at the start of s, or 0 if there is none.
func utf16Of(s string) rune {
	if len(s) < 6 || s[:2] != `\u` {
		return 0
	}
	unit, err := strconv.ParseUint(s[2:6], 16, 16)
	if err != nil {
		return 0
	}
	return rune(unit)
}
