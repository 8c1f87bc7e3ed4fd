package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns the text as one line, cut to 1000 bytes. It replaces with a space each character that a terminal or a
// log would act on or not show: control characters, marks that change the text direction, and everything else that is
// invisible.
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
