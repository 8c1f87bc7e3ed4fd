// Package printable makes text from elsewhere safe to print.
package printable

import (
	"strings"
	"unicode"
)

// Text replaces the characters that would control a terminal or break a row, because a server can send anything.
func Text(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
