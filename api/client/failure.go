package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client/internal/redact"
)

// failure returns an Error of the call.
func (x *call) failure(k kind, err error) *Error {
	e := x.op.fails(k, "", nil)
	e.IdempotencyKey = x.settings.key
	if err != nil {
		if e.Detail = x.cleanError(err); k == unusable {
			e.Detail = x.cleanName(err.Error()) // this package or encoding/json wrote it
		}
		e.Err = &cause{text: e.Detail, error: err}
	}
	return e
}

// cause is the error in an Error, with a text that contains no secret.
type cause struct {
	text string
	error
}

func (c *cause) Error() string { return c.text }
func (c *cause) Unwrap() error { return c.error }

// unusable returns the Error for a response that has a success status but is not valid.
func (x *call) unusable(got answer, err error) *Error {
	e := x.failure(unusable, err)
	x.describe(e, got)
	var member *json.UnmarshalTypeError
	if errors.As(err, &member) {
		e.Detail = cmp.Or(x.cleanName(strings.ReplaceAll(member.Field, ".", "/")), "it") + " has the wrong type: " + x.clean(member.Value)
	}
	var syntax *json.SyntaxError
	if mediaType := got.mediaType(); errors.As(err, &syntax) && mediaType != "" && mediaType != "application/json" {
		e.Detail = "it is " + x.clean(mediaType) + ", not JSON"
	}
	return e
}

// refused returns the Error for a response without a success status.
func (x *call) refused(got answer) *Error {
	e := x.failure(refused, nil)
	x.describe(e, got)
	var members map[string]json.RawMessage
	switch {
	case json.Unmarshal(got.bytes, &members) == nil:
		x.readProblem(e, members)
	case got.encoding != "":
		e.Detail = x.clean(got.encoded())
	case got.mediaType() != "text/html" && !bytes.HasPrefix(bytes.TrimSpace(got.bytes), []byte("<")):
		e.Detail = redact.Line(string(e.Body))
	}
	switch {
	case got.status >= 300 && got.status < 400:
		where := "elsewhere"
		if to := got.header.Get("Location"); to != "" {
			where = "to " + x.clean(to)
		}
		e.Detail = "the server redirects " + where + ", but the client does not follow redirects; set the base URL to the address of the API"
	case got.status < 300:
		e.Detail = "the status is not documented"
	}
	return e
}

// describe sets the fields of e that every response has.
func (x *call) describe(e *Error, got answer) {
	e.StatusCode = got.status
	e.RequestID = x.clean(got.header.Get("X-Request-Id"))
	e.RetryAfter = retryAfter(got.header)
	e.keyStands = time.Since(x.start) < keyTTL(got.header)
	e.Header = got.header.Clone()
	for name, values := range e.Header {
		clean := x.hidden().Text
		switch name {
		case "Content-Length", "Content-Type", "Date": // these do not repeat the request
			clean = x.hidden().Name
		}
		for i, value := range values {
			values[i] = clean(value)
		}
	}
	body, clean := string(got.bytes[:min(len(got.bytes), maxErrorBody)]), x.hidden().Text
	if got.cut || len(body) < len(got.bytes) {
		clean = x.hidden().Cut
	}
	e.Body = []byte(clean(body))
	e.Body = e.Body[:min(len(e.Body), maxErrorBody)]
}

// readProblem reads the error from a JSON object: a problem document (RFC 9457), or the members that other APIs use.
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
			e.Fields = append(e.Fields, api.ProblemField{Pointer: x.cleanName(f.Pointer), Detail: x.clean(f.Detail)})
		}
	}
}

// clean makes text from outside fit for one line of an error: redacted, only visible characters, not too long.
func (x *call) clean(text string) string { return redact.Line(x.hidden().Text(text)) }

// cleanName does the same to a name, such as a JSON pointer. A name is not a value, so a word that is also a password
// stays in it.
func (x *call) cleanName(name string) string { return redact.Line(x.hidden().Name(name)) }

// cleanError does the same to the text of an error. The text of a network, context or io error does not come from
// outside, so cleanError treats it like a name.
func (x *call) cleanError(err error) string {
	var network *net.OpError
	var late net.Error
	if errors.As(err, &network) || errors.As(err, &late) && late.Timeout() || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled) {
		return x.cleanName(err.Error())
	}
	return x.clean(err.Error())
}

// hidden returns the Redactor for the API key and the passwords of the call. [Error] has the rules.
func (x *call) hidden() *redact.Redactor {
	if x.secrets == nil {
		x.secrets = redact.New(append([]string{x.apiKey()}, x.settings.passwords...)...)
	}
	return x.secrets
}
