package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns a text in one line, with at most 1000 bytes of it. What a terminal or a log would act on, or not show, becomes a
// space: control characters, the marks that turn the direction of the text, and everything else that is invisible.
func Line(text string) string {
	const most = 1000 // bytes
	var line strings.Builder
	for _, r := range text {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			r = ' '
		}
		if line.Len()+utf8.RuneLen(r) > most {
			line.WriteString("...")
			break
		}
		line.WriteRune(r)
	}
	return strings.TrimSpace(line.String())
}
