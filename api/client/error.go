package client

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/vogent-community/phonenumbers/api"
)

// These are the kinds of an [*Error], for errors.Is. An error is at most one of them.
var (
	// ErrNotFound: there is no such number (404).
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized: the API key is missing, wrong or revoked, or may not do this (401, 403).
	ErrUnauthorized = errors.New("not authorized")
	// ErrRateLimited: too many requests (429). RetryAfter says how long to wait, if the server said so.
	ErrRateLimited = errors.New("rate limited")
	// ErrValidation: the request is invalid (400, 422), or the client did not send it because it is invalid.
	ErrValidation = errors.New("invalid request")
	// ErrNumberUnavailable: the number is not for sale, or someone has it. From BuyAny: no number is left to try.
	ErrNumberUnavailable = errors.New("number unavailable")
	// ErrUnavailable: no complete response came, or the server failed (5xx). Try the call again later.
	ErrUnavailable = errors.New("service unavailable")
	// ErrOutcomeUnknown: a number may or may not have been bought or created. Error.Number says which one. Look for it before
	// you buy another one. If the server honors keys, you can also repeat the call with the same key to find out. Any other
	// server then says that the number is unavailable, even if you have bought it.
	ErrOutcomeUnknown = errors.New("outcome unknown")
)

// Error is a failed call. None of its fields, and no text made from them, contains the API key or a SIP password, even
// if the server sent it back. This covers every way in which JSON, URLs, HTML and Go can escape text, such as \u0070
// for p, and combinations of these. It does not cover base64, hashes and the like.
//
// A secret that is unlikely to occur in other text by chance is replaced with [redacted] everywhere. Such a secret has
// at least 16 characters, or at least 8 with both a letter and a digit. A shorter or simpler secret can also be an
// ordinary word, and [redacted] in place of that word would reveal it. So if a detail, a header or a body has such a
// secret as a whole word or value, the whole text is replaced with [redacted: it may hold a secret]. If the secret is
// part of a longer word, it stays. Names also stay: those in JSON objects and before an =, JSON pointers, known codes,
// and the text of this package itself.
//
// Each text is one line of visible characters: anything that would control a terminal, change the text direction or be
// invisible becomes a space. Header and Body are as the server sent them, except for the secrets.
type Error struct {
	Method string // such as GET
	// Route is the path as openapi.yaml writes it, such as /phone_numbers/{id}. If openapi.yaml does not have it, Route is
	// the path of [Client.Do] without its query.
	Route string

	// StatusCode is the status of the last response, 0 if there was none.
	StatusCode int
	// Code is the code of the problem document in the response (RFC 9457, openapi.yaml), empty if there is none.
	Code api.ProblemCode
	// Detail says what went wrong, in the words of the server if it sent any.
	Detail string
	// Fields are the broken rules. Each has a JSON pointer into the body or the name of a parameter, and the rule.
	Fields []api.ProblemField
	// RequestID is the X-Request-Id header of the response.
	RequestID string
	// RetryAfter is how long the server asks to wait, 0 if it does not.
	RetryAfter time.Duration
	// Header has the headers of the response.
	Header http.Header
	// Body is the first 64 KiB of the body of the response.
	Body []byte

	// Number is the number or SIP prefix whose outcome is unknown, empty if it is known.
	Number string
	// IdempotencyKey is the key that a Create, Buy or Purchase was sent with. See [WithIdempotencyKey].
	IdempotencyKey string

	// Err is the underlying error, if any: of the connection, the context or the decoder.
	Err error

	kind      kind
	unknown   string // what may have happened, such as "a number was added"; empty if the outcome is known
	keyStands bool   // the response shows that the server honors the call's key
	ended     bool   // the caller's context ended the call
}

// kind says where a call failed.
type kind int

const (
	refused     kind = iota // the response does not have a success status
	unusable                // it does, but it is not a valid response to the request
	broken                  // no complete response came
	unsent                  // nothing was written to a connection
	unprocessed             // the server has shown that it did not process the request
	unmade                  // the client rejected the request and did not send it
	absent                  // no response has the number that was asked for
	soldOut                 // no number is left to buy
)

// Error returns one line that says which operation failed and how.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: ", e.Method, e.Route)
	if e.unknown != "" {
		fmt.Fprintf(&b, "it is unknown whether %s; check before you try again: ", e.unknown)
	}
	switch e.kind {
	case refused:
		b.WriteString(strings.TrimSpace(fmt.Sprint(e.StatusCode, " ", http.StatusText(e.StatusCode))))
		detail := e.Detail
		if len(e.Fields) > 0 { // the fields continue the sentence
			detail = strings.TrimSuffix(detail, ".")
		}
		if detail != "" {
			fmt.Fprintf(&b, ": %s", detail)
		}
	case unusable:
		fmt.Fprintf(&b, "the response is not usable: %s", e.Detail)
	case broken:
		fmt.Fprintf(&b, "no complete response: %s", e.Detail)
	case unsent:
		fmt.Fprintf(&b, "not sent: %s", e.Detail)
	case unprocessed:
		fmt.Fprintf(&b, "not processed: %s", e.Detail)
	case unmade, absent, soldOut:
		b.WriteString(e.Detail)
	}
	for _, field := range e.Fields {
		fmt.Fprintf(&b, "; %s %s", field.Pointer, field.Detail)
	}
	var notes []string
	if e.Code != "" {
		notes = append(notes, string(e.Code))
	}
	if e.RequestID != "" {
		notes = append(notes, "request "+e.RequestID)
	}
	if len(notes) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(notes, ", "))
	}
	return b.String()
}

// Unwrap returns the underlying error. After a time-out, its chain contains context.DeadlineExceeded.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the package's error for e, such as [ErrNotFound].
func (e *Error) Is(target error) bool { return target == e.sentinel() }

// sentinel returns the package's error for e, or nil. No other code decides this.
func (e *Error) sentinel() error {
	switch {
	case e.unknown != "":
		return ErrOutcomeUnknown // first, so that it never looks like an error that is safe to retry
	case e.kind == unmade:
		return ErrValidation
	case e.kind == absent:
		return ErrNotFound
	case e.kind == soldOut:
		return ErrNumberUnavailable
	case e.kind == broken, e.kind == unsent, e.kind == unprocessed:
		if e.ended {
			return nil
		}
		return ErrUnavailable
	case e.kind == unusable:
		return nil
	}
	switch e.Code {
	case api.CodeNumberUnavailable:
		return ErrNumberUnavailable
	case api.CodeSIPPrefixTaken, api.CodeIdempotencyInProgress, api.CodeIdempotencyKeyReused:
		return nil
	default: // the status decides
	}
	switch {
	case e.StatusCode == http.StatusNotFound:
		return ErrNotFound
	case e.StatusCode == http.StatusUnauthorized, e.StatusCode == http.StatusForbidden:
		return ErrUnauthorized
	case e.StatusCode == http.StatusTooManyRequests:
		return ErrRateLimited
	case e.StatusCode == http.StatusBadRequest, e.StatusCode == http.StatusUnprocessableEntity:
		return ErrValidation
	case e.StatusCode >= http.StatusInternalServerError:
		return ErrUnavailable
	}
	return nil
}

// LogValue returns the error as a group for a structured log, without headers and body.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("method", e.Method), slog.String("route", e.Route)}
	add := func(name, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, value))
		}
	}
	if e.StatusCode != 0 {
		attrs = append(attrs, slog.Int("status", e.StatusCode))
	}
	add("code", string(e.Code))
	add("detail", e.Detail)
	if len(e.Fields) > 0 {
		attrs = append(attrs, slog.Any("fields", e.Fields))
	}
	add("request_id", e.RequestID)
	if e.RetryAfter > 0 {
		attrs = append(attrs, slog.Duration("retry_after", e.RetryAfter))
	}
	if e.unknown != "" {
		attrs = append(attrs, slog.String("outcome_unknown", cmp.Or(e.Number, e.unknown)))
	}
	return slog.GroupValue(attrs...)
}
