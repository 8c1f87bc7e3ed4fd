package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/vogent-community/phonenumbers/api/control"
)

// maxBody is the size in bytes of the largest body that a Journal keeps.
const maxBody = 4 << 10

// secretNames are parts of the names of members and query parameters that have a secret, in the form of plainName.
var secretNames = []string{"password", "passwd", "passphrase", "secret", "token", "apikey", "authorization"}

// Redacted returns r with the body that was sent, or with the reason why the body is omitted. bodyErr is the error of reading
// the body. In all texts that the caller of the API chose, Redacted replaces these with [redacted]:
//
//   - the value of a member or a query parameter whose name has one of secretNames in it, at any depth and of any type
//   - the same value anywhere else, a credential of the Authorization header, and each of the other secrets, if it has at
//     least 4 characters: a shorter one is in other texts by chance
//   - what looks like an API key, whether it is one or not
//
// It finds a secret also if JSON escapes or percent-encoding hide it, and in the names of members. A name that is one of
// secretNames stays as it is. Members keep their order, and numbers their text.
func Redacted(r control.Request, authorization string, body []byte, bodyErr error, secrets ...string) control.Request {
	var x redactor
	for _, secret := range secrets {
		x.add(secret)
	}
	credentials := strings.Fields(authorization)
	for _, credential := range credentials[min(1, max(0, len(credentials)-1)):] { // the first one is the scheme, unless it is the only one
		x.add(credential)
	}
	x.addFromBody(body)
	x.addFromQuery(r.Query)
	r.Method, r.Path, r.Query = x.text(r.Method), x.text(r.Path), x.query(r.Query)
	r.IdempotencyKey, r.RequestID = x.text(r.IdempotencyKey), x.text(r.RequestID)
	r.Body, r.BodyOmitted = x.body(body, bodyErr)
	return r
}

// addFromBody adds the values of the members that have a secret. It goes as far as the text is JSON.
func (x *redactor) addFromBody(text []byte) {
	d := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for inside := 0; ; { // the depth of the member whose value d is in, or 0
		token, err := d.ReadToken()
		switch {
		case err != nil:
			return
		case isName(d):
			if inside == 0 && secretName(token.String()) {
				inside = d.StackDepth()
			}
		case inside > 0:
			if token.Kind() == '"' || token.Kind() == '0' {
				x.add(token.String())
			}
			if d.StackDepth() == inside {
				inside = 0
			}
		}
	}
}

// body returns text without secrets, or why it is omitted.
func (x *redactor) body(text []byte, err error) (body json.RawMessage, omitted string) {
	switch {
	case len(text) > maxBody:
		return nil, "The body is larger than 4 KiB."
	case err != nil:
		return nil, "The body was incomplete."
	case len(text) == 0:
		return nil, ""
	case !utf8.Valid(text):
		return nil, "The body is not valid UTF-8."
	}
	out := bytes.NewBuffer(make([]byte, 0, len(text)+len(redacted)))
	d, e := jsontext.NewDecoder(bytes.NewBuffer(text)), jsontext.NewEncoder(out)
	for values := 0; err == nil; { // how many values there are that are in no other one
		var token jsontext.Token
		if token, err = d.ReadToken(); errors.Is(err, io.EOF) && values == 1 {
			return bytes.TrimSpace(out.Bytes()), ""
		} else if err != nil {
			break
		}
		if d.StackDepth() == 0 {
			values++
		}
		sent := token.String()
		hasSecret := isName(d) && secretName(sent)
		if kind := token.Kind(); (kind == '"' || kind == '0') && (!hasSecret || !slices.Contains(secretNames, plainName(sent))) {
			if clean := x.text(sent); clean != sent {
				token = jsontext.String(clean)
			}
		}
		if err = e.WriteToken(token); err == nil && hasSecret {
			err = errors.Join(e.WriteToken(jsontext.String(redacted)), d.SkipValue())
		}
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return nil, "The body has a member twice, or two members whose names differ only in secrets."
	}
	return nil, "The body is not JSON."
}

// isName reports whether the token that d has read is the name of a member.
func isName(d *jsontext.Decoder) bool {
	kind, n := d.StackIndex(d.StackDepth())
	return kind == '{' && n%2 == 1
}

// secretName reports whether a member or a query parameter with this name has a secret.
func secretName(name string) bool {
	name = plainName(name)
	return slices.ContainsFunc(secretNames, func(part string) bool { return strings.Contains(name, part) })
}

// plainName returns name in lower case, without the characters between its words.
func plainName(name string) string { return betweenWords.Replace(strings.ToLower(name)) }

var betweenWords = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")
