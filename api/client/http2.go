package client

import (
	"regexp"
	"strings"
)

// notProcessed returns how a server has shown that it did not process a request, or an empty string if it has not: by a
// GOAWAY frame with a lower last stream, or by REFUSED_STREAM (RFC 9113, sections 6.8 and 8.7). net/http shows this
// only in the text of its HTTP/2 errors.
func notProcessed(err error) string {
	text := strings.TrimPrefix(err.Error(), "http2: Transport: cannot retry err [")
	switch {
	case strings.HasPrefix(text, "http2: Transport received Server's graceful shutdown GOAWAY"),
		strings.HasPrefix(text, "http2: Transport received GOAWAY from server ErrCode:"):
		return "the server ended the HTTP/2 connection before it took the request (GOAWAY)"
	case refusedStream.MatchString(text):
		return "the server refused the HTTP/2 stream (REFUSED_STREAM)"
	}
	return ""
}

var refusedStream = regexp.MustCompile(`^stream error: stream ID [0-9]+; REFUSED_STREAM(; received from peer)?(\]|$)`)
