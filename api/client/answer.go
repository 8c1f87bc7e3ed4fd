package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

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

func decodeAvailable(body []byte) ([]api.AvailableNumber, error) {
	var found []api.AvailableNumber
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

// failure makes an Error of the call.
func (x *call) failure(k kind, err error) *Error {
	e := x.op.fails(k, "", nil)
	e.IdempotencyKey = x.settings.key
	if err != nil {
		e.Detail = x.clean(err.Error())
		e.Err = &cause{text: e.Detail, error: err}
	}
	return e
}

// cause is the error below an Error, with a text that holds no secret.
type cause struct {
	text string
	error
}

func (c *cause) Error() string { return c.text }
func (c *cause) Unwrap() error { return c.error }

// unusable makes the Error of a 200 that is not what it must be.
func (x *call) unusable(got answer, err error) *Error {
	e := x.failure(unusable, err)
	x.describe(e, got)
	var member *json.UnmarshalTypeError
	if errors.As(err, &member) {
		e.Detail = x.clean(strings.TrimSpace(member.Field + " is of another type: " + member.Value))
	}
	var syntax *json.SyntaxError
	if mediaType := got.mediaType(); errors.As(err, &syntax) && mediaType != "" && mediaType != "application/json" {
		e.Detail = x.clean("it is " + mediaType + ", not JSON")
	}
	return e
}

// refused makes the Error of an answer with another status than 200.
func (x *call) refused(got answer) *Error {
	e := x.failure(refused, nil)
	x.describe(e, got)
	var members map[string]json.RawMessage
	switch {
	case json.Unmarshal(got.bytes, &members) == nil:
		x.readProblem(e, members)
	case got.mediaType() != "text/html" && !bytes.HasPrefix(bytes.TrimSpace(got.bytes), []byte("<")):
		e.Detail = x.clean(string(got.bytes))
	}
	switch {
	case got.status >= 300 && got.status < 400:
		e.Detail = x.clean("the server sends to " + got.header.Get("Location") + ", and redirects are not followed; set the base URL to where the API is")
	case got.status < 300:
		e.Detail = "another status than 200"
	}
	return e
}

// describe adds what every answer tells.
func (x *call) describe(e *Error, got answer) {
	e.StatusCode = got.status
	e.RequestID = x.clean(got.header.Get("X-Request-Id"))
	e.RetryAfter = retryAfter(got.header.Get("Retry-After"))
	e.Header = got.header.Clone()
	for name, values := range e.Header {
		for i, value := range values {
			e.Header[name][i] = x.redact(value)
		}
	}
	e.Body = []byte(x.redact(string(got.bytes[:min(len(got.bytes), maxErrorBody+maxSecret)])))
	e.Body = e.Body[:min(len(e.Body), maxErrorBody)]
}

// readProblem reads what a JSON object says of an error: a problem document (RFC 9457), or the members that other APIs use.
func (x *call) readProblem(e *Error, members map[string]json.RawMessage) {
	text := func(from map[string]json.RawMessage, names ...string) string {
		for _, name := range names {
			var s string
			if json.Unmarshal(from[name], &s) == nil && s != "" {
				return s
			}
		}
		return ""
	}
	e.Detail, e.Code = text(members, "detail", "message", "error", "title"), api.ProblemCode(text(members, "code"))
	var inner map[string]json.RawMessage
	if json.Unmarshal(members["error"], &inner) == nil {
		if e.Detail == "" {
			e.Detail = text(inner, "detail", "message")
		}
		if e.Code == "" {
			e.Code = api.ProblemCode(text(inner, "code"))
		}
	}
	e.Detail = x.clean(e.Detail)
	if !e.Code.Valid() {
		e.Code = api.ProblemCode(x.clean(string(e.Code)))
	}
	var fields []api.ProblemField
	if json.Unmarshal(members["errors"], &fields) != nil {
		return
	}
	for _, f := range fields {
		if f.Pointer != "" || f.Detail != "" {
			e.Fields = append(e.Fields, api.ProblemField{Pointer: x.clean(f.Pointer), Detail: x.clean(f.Detail)})
		}
	}
}

// clean makes a stranger's text fit for one line of an error: redacted, without control characters, not too long.
func (x *call) clean(text string) string {
	const most = 1000 // bytes
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, x.redact(text))
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return strings.TrimSpace(text)
}

// redact takes the API key and the passwords of the call out of a stranger's text, also as they stand in JSON, HTML and a URL.
func (x *call) redact(text string) string {
	if x.redactors == nil {
		for _, secret := range append([]string{x.apiKey()}, x.settings.passwords...) {
			x.redactors = append(x.redactors, redactor(secret)) // one after the other, the key first: a password may be a part of it
		}
	}
	for _, r := range x.redactors {
		text = r.Replace(text)
	}
	return text
}

func redactor(secret string) *strings.Replacer {
	quoted, _ := json.Marshal(secret) // a string has no error
	forGo := string(quoted[1 : len(quoted)-1])
	elsewhere := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(secret)
	var pairs []string
	for _, form := range []string{
		secret, forGo, elsewhere, strings.ReplaceAll(elsewhere, "/", `\/`), html.EscapeString(secret), url.QueryEscape(secret), url.PathEscape(secret),
	} {
		pairs = append(pairs, form, "[redacted]")
	}
	return strings.NewReplacer(pairs...)
}
