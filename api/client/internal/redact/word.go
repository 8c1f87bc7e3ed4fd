package redact

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// wordIn reports whether a text contains one of the words as a whole word or value. The names in a JSON object do not
// count.
func wordIn(t *source, words []string) bool {
	if len(words) == 0 || !slices.ContainsFunc(t.readings(), func(r reading) bool { return r.hasWord(words) }) {
		return false
	}
	values, ok := stringsOf(t.plain)
	return !ok || slices.ContainsFunc(values, func(value string) bool { return wordIn(&source{plain: value}, words) })
}

func (r reading) hasWord(words []string) bool {
	for _, word := range words {
		for from := range occurrences(r.text, word) {
			if standsAlone(r.text[:from], r.text[from+len(word):]) {
				return true
			}
		}
	}
	return false
}

// standsAlone reports whether the text between before and after is a whole word: no letter, digit or _ touches it, and
// no - or . joins it to one, as in a host name. If = follows, it is the name of a value, and not a word.
func standsAlone(before, after string) bool {
	inWord := func(r rune) bool { return r == '_' || unicode.In(r, unicode.L, unicode.M, unicode.N) }
	joins := func(r rune) bool { return r == '-' || r == '.' }
	left, n := utf8.DecodeLastRuneInString(before)
	if joins(left) {
		left, _ = utf8.DecodeLastRuneInString(before[:len(before)-n])
	}
	right, n := utf8.DecodeRuneInString(after)
	if joins(right) {
		right, _ = utf8.DecodeRuneInString(after[n:])
	}
	return !inWord(left) && !inWord(right) && !strings.HasPrefix(after, "=")
}

// stringsOf returns the strings in a JSON object or array, without the names of members. It returns false for any other
// text.
func stringsOf(text string) (values []string, ok bool) {
	if start := strings.TrimLeft(text, " \t\r\n"); start == "" || start[0] != '{' && start[0] != '[' {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	var open []json.Delim
	for named := false; ; { // whether the name of the next value was read
		token, err := decoder.Token()
		if err != nil {
			return values, errors.Is(err, io.EOF) && len(open) == 0
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				open = append(open, t)
			} else {
				open = open[:len(open)-1]
			}
		case string:
			if !named && len(open) > 0 && open[len(open)-1] == '{' {
				named = true
				continue
			}
			values = append(values, t)
		}
		named = false
	}
}
