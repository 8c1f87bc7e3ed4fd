package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"

	"github.com/vogent-community/phonenumbers/api"
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

// number is an api.PhoneNumber on its way in. The outer agentId hides the inner one, as only it tells null from absent; members
// that are added to api.PhoneNumber come along by themselves.
type number struct {
	api.PhoneNumber
	AgentID nullable `json:"agentId"`
}

func (n *number) check() (api.PhoneNumber, error) {
	switch {
	case n.ID == "":
		return api.PhoneNumber{}, missing("id")
	case n.Number == "":
		return api.PhoneNumber{}, missing("number")
	case n.Type == "":
		return api.PhoneNumber{}, missing("type")
	case !n.AgentID.present:
		return api.PhoneNumber{}, missing("agentId")
	}
	n.PhoneNumber.AgentID = n.AgentID.value
	return n.PhoneNumber, nil
}

func missing(member string) error { return fmt.Errorf("a required member is missing: %s", member) }

func decodeNumber(body []byte) (api.PhoneNumber, error) {
	var n number
	if err := json.Unmarshal(body, &n); err != nil {
		return api.PhoneNumber{}, err
	}
	return n.check()
}

func decodePage(body []byte) (api.PhoneNumberPage, error) {
	var p struct {
		api.PhoneNumberPage
		Data   []number `json:"data"`
		Cursor nullable `json:"cursor"`
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return api.PhoneNumberPage{}, err
	}
	switch {
	case p.Data == nil:
		return api.PhoneNumberPage{}, missing("data")
	case !p.Cursor.present:
		return api.PhoneNumberPage{}, missing("cursor")
	}
	page := p.PhoneNumberPage
	page.Cursor = p.Cursor.value
	page.Data = make([]api.PhoneNumber, len(p.Data))
	for i := range p.Data {
		n, err := p.Data[i].check()
		if err != nil {
			return api.PhoneNumberPage{}, fmt.Errorf("data/%d: %w", i, err)
		}
		page.Data[i] = n
	}
	return page, nil
}

func decodeCandidates(body []byte) ([]api.PhoneNumberCandidate, error) {
	var found []api.PhoneNumberCandidate
	if err := json.Unmarshal(body, &found); err != nil {
		return nil, err
	}
	if found == nil {
		return nil, errors.New("it is null, not an array")
	}
	for i := range found {
		if found[i].Number == "" {
			return nil, fmt.Errorf("%d: %w", i, missing("number"))
		}
	}
	return found, nil
}

// nullable is a string or null, and whether it was there at all.
type nullable struct {
	value   *string
	present bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *nullable) UnmarshalJSON(data []byte) error {
	n.present, n.value = true, nil
	if len(data) > 2 && data[0] == '"' && plain(data[1:len(data)-1]) {
		value := string(data[1 : len(data)-1])
		n.value = &value
		return nil
	}
	return json.Unmarshal(data, &n.value)
}

// plain reports whether the inside of a JSON string stands for itself: ASCII without an escape.
func plain(inside []byte) bool {
	for _, b := range inside {
		if b == '\\' || b >= 0x80 {
			return false
		}
	}
	return true
}
