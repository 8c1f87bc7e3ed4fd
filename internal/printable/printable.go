// Package printable makes text from elsewhere safe to print.
package printable

import (
	"strings"
	"unicode"
)

// Text replaces what would act on a terminal or break a row: a server can send anything.
func Text(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
