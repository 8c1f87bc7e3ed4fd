package api

import (
	"errors"
	"strings"
)

// maxIdempotencyKey is the maximum length of a key, in characters.
const maxIdempotencyKey = 255

// ParseIdempotencyKey reads the value of an Idempotency-Key header and returns the key in it: 1 to 255
// visible ASCII characters. The value is either the key itself, or the key as a string (RFC 9651,
// section 3.3.3), as in draft-ietf-httpapi-idempotency-key-header: in double quotes, with \ before each
// " or \ in the key. So k and "k" are the same key. A value that starts with a double quote must be such
// a string.
//
// The text of the error continues a sentence about the value: "must be 1 to 255 visible ASCII characters".
func ParseIdempotencyKey(value string) (key string, err error) {
	key, ok := value, true
	if strings.HasPrefix(value, `"`) {
		key, ok = unquote(value)
	}
	if !ok || key == "" || len(key) > maxIdempotencyKey || strings.ContainsFunc(key, invisible) {
		return "", errIdempotencyKey
	}
	return key, nil
}

var errIdempotencyKey = errors.New(`must be 1 to 255 visible ASCII characters, bare or in double quotes, with a \ before each " or \ inside the quotes`)

// invisible reports whether r is not a visible ASCII character.
func invisible(r rune) bool { return r <= ' ' || r > '~' }

// unquote returns the content of a quoted string (RFC 9651), and whether s is one.
func unquote(s string) (string, bool) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", false
	}
	var text strings.Builder
	for inner := s[1 : len(s)-1]; inner != ""; inner = inner[1:] {
		if inner[0] == '"' {
			return "", false
		}
		if inner[0] == '\\' {
			if inner = inner[1:]; inner == "" || inner[0] != '"' && inner[0] != '\\' {
				return "", false
			}
		}
		text.WriteByte(inner[0])
	}
	return text.String(), true
}
