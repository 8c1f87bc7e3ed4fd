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
	maxBody      = 8 << 20  // of a 200, in bytes; a page of 1000 numbers has about 130 kB
	maxErrorBody = 64 << 10 // of any other answer
)

// answer is what came back, as far as it is kept.
type answer struct {
	status int
	header http.Header
	bytes  []byte
	cut    bool // there was more than is kept, or than came

	encoding string // a Content-Encoding that is not decoded
}

// encoded says that the body cannot be read.
func (a answer) encoded() string {
	return fmt.Sprintf("its Content-Encoding is %q, but the client reads only gzip; do not request another encoding with Accept-Encoding", a.encoding)
}

func (a answer) mediaType() string {
	mediaType, _, _ := mime.ParseMediaType(a.header.Get("Content-Type")) // empty where it is none
	return mediaType
}

// readAnswer reads and closes the body, up to its bound. Where it breaks off, the answer has what came before, and the error.
func readAnswer(response *http.Response, succeeds bool) (answer, error) {
	defer func() { _ = response.Body.Close() }()
	got := answer{status: response.StatusCode, header: response.Header}
	if got.status < http.StatusOK {
		return got, nil // after 101 the body is the connection, which need not end
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
				return got, nil // empty, as to a HEAD
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
		room = length + 1 // to see the end
	}
	for got.bytes = make([]byte, 0, room); ; {
		n, err := body.Read(got.bytes[len(got.bytes):cap(got.bytes)])
		got.bytes = got.bytes[:len(got.bytes)+n]
		switch {
		case int64(len(got.bytes)) > bound:
			got.bytes, got.cut = got.bytes[:bound], true
			return got, nil
		case errors.Is(err, io.EOF):
			got.bytes = bytes.TrimPrefix(got.bytes, []byte("\ufeff")) // a byte order mark, as RFC 8259, section 8.1 allows
			return got, nil
		case err != nil:
			got.cut = true
			return got, err
		case len(got.bytes) == cap(got.bytes):
			got.bytes = slices.Grow(got.bytes, 1)
		}
	}
}

// into returns what keeps an answer in result: it decodes the body, and checks that it has what openapi.yaml requires, and fits.
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
