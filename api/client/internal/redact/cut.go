package redact

import (
	"regexp"
	"strings"
)

// begun returns the start of a secret that the end of the text cuts off, or the length of the text if there is none.
func begun(t *source, secrets []string) int {
	begin := len(t.plain)
	if len(secrets) == 0 {
		return begin
	}
	for _, r := range t.readings() {
		end := r.text
		for range 4 { // because an escape within an escape can be cut off
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

// escape matches an escape that is cut off, or the U+FFFD of half a character.
var escape = regexp.MustCompile(`(?i)^(\\+([ux][0-9a-f]{0,7})?|%[0-9a-f]?|&#?[0-9a-z]{0,32}|\x{FFFD})$`)

// unfinished returns the escape that the end of the text cuts off, or an empty string if there is none.
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
