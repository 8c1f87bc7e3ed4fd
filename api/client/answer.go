package client

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
)

const (
	maxBody      = 8 << 20  // of a successful response, in bytes; a page of 1000 numbers has about 130 kB
	maxErrorBody = 64 << 10 // of any other response
)

// answer is a response, with as much of its body as the client keeps.
type answer struct {
	status int
	header http.Header
	bytes  []byte
	cut    bool // the body was too long, or broke off

	encoding string // the Content-Encoding, if the client does not decode it
}

// encoded returns the text of the error for a body that the client does not decode.
func (a answer) encoded() string {
	return fmt.Sprintf("its Content-Encoding is %q, but the client reads only gzip; do not request another encoding with Accept-Encoding", a.encoding)
}

func (a answer) mediaType() string {
	mediaType, _, _ := mime.ParseMediaType(a.header.Get("Content-Type")) // empty if it is not valid
	return mediaType
}

// readAnswer reads the body up to its limit, and closes it. If the body breaks off, it returns the part that arrived,
// and the error.
func readAnswer(response *http.Response, succeeds bool) (answer, error) {
	defer func() { _ = response.Body.Close() }()
	got := answer{status: response.StatusCode, header: response.Header}
	if got.status < http.StatusOK {
		return got, nil // after a 101, the body is the connection, which may never end
	}
	bound := int64(maxErrorBody)
	if succeeds {
		bound = maxBody
	}
	body, length := io.Reader(response.Body), response.ContentLength
	if encoding := response.Header["Content-Encoding"]; len(encoding) > 0 && length != 0 {
		switch name := strings.ToLower(strings.Join(encoding, ", ")); name {
		case "", "identity":
		case "gzip", "x-gzip": // net/http decodes it only if nobody has set Accept-Encoding
			unzipped, err := gzip.NewReader(body)
			if errors.Is(err, io.EOF) {
				return got, nil // empty, as in a response to HEAD
			} else if err != nil {
				return got, err
			}
			body, length = unzipped, -1
		default:
			got.encoding = name
		}
	}
	room := int64(bytes.MinRead)
	if length > 0 && length <= bound {
		room = length + 1 // one more, to read the end
	}
	for got.bytes = make([]byte, 0, room); ; {
		n, err := body.Read(got.bytes[len(got.bytes):cap(got.bytes)])
		got.bytes = got.bytes[:len(got.bytes)+n]
		switch {
		case int64(len(got.bytes)) > bound:
			got.bytes, got.cut = got.bytes[:bound], true
			return got, nil
		case errors.Is(err, io.EOF):
			got.bytes = bytes.TrimPrefix(got.bytes, []byte("\ufeff")) // a byte order mark (RFC 8259, section 8.1)
			return got, nil
		case err != nil:
			got.cut = true
			return got, err
		case len(got.bytes) == cap(got.bytes):
			got.bytes = slices.Grow(got.bytes, 1)
		}
	}
}

// into returns a function that decodes a response into result. The function returns an error if the response lacks what
// openapi.yaml requires, or if fits returns one.
func into[T any](result *T, op operation, fits func(T) error) func(answer) error {
	return func(got answer) error {
		if got.status == http.StatusNoContent {
			return nil
		}
		var decoded T
		err := json.Unmarshal(got.bytes, &decoded)
		if err == nil {
			err = op.response.Check(got.bytes)
		}
		if err == nil && fits != nil {
			err = fits(decoded)
		}
		if err == nil {
			*result = decoded
		}
		return err
	}
}
