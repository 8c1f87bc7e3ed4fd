package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Do calls an endpoint, or sends and reads members, that this version of the client does not know. The path is relative
// to the base URL, with its values escaped. It can have a query: "/phone_numbers?limit=5". A body that is not nil is
// encoded as JSON; it can be a json.RawMessage. If the status is 200 to 299, the body of the response is decoded as
// JSON into result, unless result is nil or the body is empty. If result is nil, the body can be anything;
// [WithResponse] keeps it.
//
// Time-outs, retries, errors and redaction work as in the other methods. A call is retried after a failure if
// openapi.yaml says that the operation is safe to repeat. An endpoint that openapi.yaml does not have is safe to repeat
// if the method is GET, HEAD, OPTIONS, PUT or DELETE.
//
// Any other POST or PATCH carries an Idempotency-Key and is treated like a purchase: an error is [ErrOutcomeUnknown]
// unless it shows that the request was not carried out. But Do does not look for what the request created, and it
// retries with the key only if openapi.yaml says that the operation takes one. Errors and logs never contain the values
// of members whose names contain "password".
func (c *Client) Do(ctx context.Context, method, path string, body, result any, opts ...CallOption) error {
	op, request, err := endpoint(method, path, body)
	s, wrong := c.settingsOf(op, opts)
	if op.takesKey && s.key == "" {
		s.key = c.newKey()
	}
	x, err := c.newCall(op, s, request, errors.Join(err, wrong))
	if err != nil {
		return err
	}
	if s.key != "" {
		request.Header.Set("Idempotency-Key", s.key)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
		x.settings.passwords = passwordsIn(request)
	}
	failure := x.send(ctx, func(got answer) error {
		if result == nil || len(got.bytes) == 0 {
			return nil
		}
		return json.Unmarshal(got.bytes, result)
	})
	if failure != nil && x.unknown && !op.idempotent {
		failure.unknown = "the request was carried out"
	}
	return asError(failure)
}

// endpoint returns the request for a call of Do, and the operation that the request is for.
func endpoint(method, path string, body any) (operation, *http.Request, error) {
	op := operation{method: method, route: path}
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		op.route = path[:i]
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		op.idempotent = true
	case http.MethodPost, http.MethodPatch:
		op.takesKey = true
	default:
		return op, nil, fmt.Errorf("the method is %q; it must be GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE", method)
	}
	u, err := url.Parse(path)
	switch {
	case err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(path, "//"):
		return op, nil, fmt.Errorf("%q is not a path below the base URL; start it with a single slash, and escape its values", path)
	case strings.Contains(path, "#"):
		return op, nil, fmt.Errorf("the path %q has a fragment", path)
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return op, nil, fmt.Errorf("the path %q contains the segment %q", path, segment)
		}
	}
	for _, known := range operations {
		if known.method == method && known.matches(u.EscapedPath()) {
			op = known
			op.response = nil // a later version of the API may respond with another one
		}
	}
	switch body.(type) {
	case io.Reader, []byte:
		return op, nil, fmt.Errorf("the body is of type %T; pass a value to encode as JSON, or a json.RawMessage", body)
	}
	var encoded []byte
	if body != nil {
		if encoded, err = json.Marshal(body); err != nil {
			return op, nil, err
		}
	}
	request, err := http.NewRequest(method, path, bytes.NewReader(encoded)) //nolint:noctx // each attempt gets one
	return op, request, err
}

// matches reports whether the escaped path matches the route of op.
func (op operation) matches(path string) bool {
	segments, names := strings.Split(path, "/"), strings.Split(op.route, "/")
	if len(segments) != len(names) {
		return false
	}
	for i, name := range names {
		if isValue := strings.HasPrefix(name, "{") && segments[i] != ""; !isValue && segments[i] != name {
			return false
		}
	}
	return true
}

// passwordsIn returns the values of the members of a JSON body whose names contain "password".
func passwordsIn(request *http.Request) (passwords []string) {
	body, err := request.GetBody()
	if err != nil {
		return nil
	}
	var decoded any
	_ = json.NewDecoder(body).Decode(&decoded) // it is valid, because it was just encoded
	var walk func(value any, secret bool)
	walk = func(value any, secret bool) {
		switch value := value.(type) {
		case map[string]any:
			for name, member := range value {
				walk(member, secret || strings.Contains(strings.ToLower(name), "password"))
			}
		case []any:
			for _, item := range value {
				walk(item, secret)
			}
		case string:
			if secret && value != "" {
				passwords = append(passwords, value)
			}
		}
	}
	walk(decoded, false)
	return passwords
}
