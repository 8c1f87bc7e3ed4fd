package redact

import (
	"regexp"
	"strings"
)

// begun returns where a secret begins that the end of a text breaks off, and the length of the text if none does.
func begun(t *source, secrets []string) int {
	begin := len(t.plain)
	if len(secrets) == 0 {
		return begin
	}
	for _, r := range t.readings() {
		end := r.text
		for range 4 { // as an escape within an escape can break off
			for _, secret := range secrets {
				for n := min(len(secret)-1, len(end)); n > 0; n-- {
					if strings.HasSuffix(end, secret[:n]) {
						begin = min(begin, r.begin(len(end)-n))
						break
					}
				}
			}
			rest := unfinished(end)
			if rest == "" {
				break
			}
			end = end[:len(end)-len(rest)]
		}
	}
	return begin
}

// escape is an escape of which the end is missing, or U+FFFD for half of a character.
var escape = regexp.MustCompile(`(?i)^(\\+([ux][0-9a-f]{0,7})?|%[0-9a-f]?|&#?[0-9a-z]{0,32}|\x{FFFD})$`)

// unfinished returns the escape that the end of a text breaks off, empty if none.
func unfinished(text string) string {
	for end := text[max(0, len(text)-64):]; ; end = end[1:] {
		at := strings.IndexAny(end, "\\%&\uFFFD")
		if at < 0 {
			return ""
		}
		if end = end[at:]; escape.MatchString(end) {
			return end
		}
	}
}
