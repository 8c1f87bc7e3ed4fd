package phone

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// A cursor is the id of the last number of a page: its 16 bytes in base64url, so that it does not look like an id.
var cursorEncoding = base64.RawURLEncoding.Strict()

func encodeCursor(id string) string {
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil {
		panic("phone: the id is not a UUID: " + id) // ids come from NewID or have passed IsID
	}
	return cursorEncoding.EncodeToString(raw)
}

// decodeCursor returns the id in a cursor, and whether the cursor is valid.
func decodeCursor(cursor string) (string, bool) {
	raw, err := cursorEncoding.DecodeString(cursor)
	if err != nil || len(raw) != 16 || strings.ContainsAny(cursor, "\r\n") {
		return "", false
	}
	h := hex.EncodeToString(raw)
	id := h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	return id, true
}
