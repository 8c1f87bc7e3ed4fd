package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
)

const (
	maxBody      = 8 << 20  // of a 200, in bytes; a page of 1000 numbers has about 130 kB
	maxErrorBody = 64 << 10 // of any other answer
	maxSecret    = 4 << 10  // read beyond that, so that no part of a secret is left where the body is cut
)

// answer is what came back, as far as it is kept.
type answer struct {
	status int
	header http.Header
	bytes  []byte
	cut    bool // there was more than is kept
}

func (a answer) mediaType() string {
	mediaType, _, _ := mime.ParseMediaType(a.header.Get("Content-Type")) // empty where it is none
	return mediaType
}

// readAnswer reads and closes the body, up to its bound. Where it breaks off, the answer has what came before, and the error.
func readAnswer(response *http.Response) (answer, error) {
	defer func() { _ = response.Body.Close() }()
	got := answer{status: response.StatusCode, header: response.Header}
	bound := int64(maxErrorBody + maxSecret)
	switch {
	case got.status == http.StatusOK:
		bound = maxBody
	case got.status < http.StatusOK:
		return got, nil // after 101 the body is the connection, which need not end
	}
	room := int64(bytes.MinRead)
	if length := response.ContentLength; length > 0 && length <= bound {
		room = length + 1 // to see the end
	}
	for got.bytes = make([]byte, 0, room); ; {
		n, err := response.Body.Read(got.bytes[len(got.bytes):cap(got.bytes)])
		got.bytes = got.bytes[:len(got.bytes)+n]
		switch {
		case int64(len(got.bytes)) > bound:
			got.bytes, got.cut = got.bytes[:bound], true
			return got, nil
		case errors.Is(err, io.EOF):
			return got, nil
		case err != nil:
			return got, err
		case len(got.bytes) == cap(got.bytes):
			got.bytes = slices.Grow(got.bytes, 1)
		}
	}
}

// decode reads the body of a 200, and checks that it has what openapi.yaml requires.
func decode[T any](op operation, body []byte) (result T, err error) {
	if err := json.Unmarshal(body, &result); err != nil {
		return result, err
	}
	return result, op.response.check(body)
}
