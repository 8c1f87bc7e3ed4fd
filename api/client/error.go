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

// What an [*Error] can be, for errors.Is. An error is at most one of them.
var (
	// ErrNotFound: there is no such number (404).
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized: the API key is missing, wrong or revoked, or may not do this (401, 403).
	ErrUnauthorized = errors.New("not authorized")
	// ErrRateLimited: too many requests (429). RetryAfter says how long to wait, where the server has said so.
	ErrRateLimited = errors.New("rate limited")
	// ErrValidation: the request is not acceptable as it is (400, 422), or was not even sent because of that.
	ErrValidation = errors.New("invalid request")
	// ErrNumberUnavailable: the number is not for sale, or somebody has it; of BuyAny, that no number is left to try.
	ErrNumberUnavailable = errors.New("number unavailable")
	// ErrUnavailable: no complete answer came, or the server failed (5xx). The call can be made again later.
	ErrUnavailable = errors.New("service unavailable")
	// ErrOutcomeUnknown: the number may have been bought or created, or not. Number says which; look for it before you buy another
	// one. A server that honors keys also tells if you repeat the call under the same key; any other one says of a number that you
	// have bought that it is unavailable.
	ErrOutcomeUnknown = errors.New("outcome unknown")
)

// Error is a call that failed. No member, and so no text made of them, holds the API key or a SIP password that the server sent back.
// That includes the ways in which JSON, URLs, HTML and Go write a text, such as \u0070 for p, and these in one another. It does not
// include base64, hashes and the like.
//
// A secret that other text can hardly hold by chance is replaced wherever it stands, and reads [redacted]. That takes 16 characters, or
// 8 with a letter and a digit among them. A shorter or simpler one can also be a word of a text, and a [redacted] in the place of the
// word would name it. So a text that has such a secret as a word or a value of its own is left out as a whole, be it a detail, a
// header or a body, and reads [redacted: it may hold a secret]. Part of a longer word, it stays. So do names: those in JSON
// objects and in front of a =, JSON pointers, known codes, and whatever this package says itself.
//
// The texts are one line of visible characters each: anything that would control a terminal, turn the direction of the text or not
// show at all is a space. Header and Body are as the server sent them but for the secrets.
type Error struct {
	Method string // such as GET
	// Route is the path as openapi.yaml writes it, such as /phone_numbers/{id}, or that of [Client.Do] without its query if
	// openapi.yaml does not have it.
	Route string

	// StatusCode is the status of the last answer, 0 where there was none.
	StatusCode int
	// Code is the problem's code (RFC 9457, openapi.yaml), empty where the answer has none.
	Code api.ProblemCode
	// Detail says what went wrong, in the server's words where it has any.
	Detail string
	// Fields are the broken rules: a JSON pointer into the body, or the name of a parameter, and the rule.
	Fields []api.ProblemField
	// RequestID is that of the answer's X-Request-Id header.
	RequestID string
	// RetryAfter is how long the server asks to wait, 0 where it does not.
	RetryAfter time.Duration
	// Header are the headers of the answer.
	Header http.Header
	// Body is the answer's body, the first 64 KiB of it.
	Body []byte

	// Number is the number or SIP prefix whose outcome is unknown, empty where it is known.
	Number string
	// IdempotencyKey is the key that a Create, Buy or Purchase was sent with. See [WithIdempotencyKey].
	IdempotencyKey string

	// Err is the error below, if any: of the connection, the context or the decoder.
	Err error

	kind      kind
	unknown   string // what may be so or not, such as "a number was added"; empty if the outcome is known
	keyStands bool   // the answer shows that the server honors the call's key
	ended     bool   // the caller's context ended it
}

// kind says where a call failed.
type kind int

const (
	refused     kind = iota // the status of the answer is not one of success
	unusable                // it is, and the answer is not what it must be
	broken                  // no complete answer came
	unsent                  // nothing was written to a connection
	unprocessed             // the server has shown that it did not process the request
	unmade                  // the request could not be made of the arguments
	absent                  // every answer is good, and none has the number that was asked for
	soldOut                 // likewise, and no number is left to buy
)

// Error says which operation failed and how, in one line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: ", e.Method, e.Route)
	if e.unknown != "" {
		fmt.Fprintf(&b, "it is unknown whether %s; find out before you try again: ", e.unknown)
	}
	switch e.kind {
	case refused:
		b.WriteString(strings.TrimSpace(fmt.Sprint(e.StatusCode, " ", http.StatusText(e.StatusCode))))
		detail := e.Detail
		if len(e.Fields) > 0 { // which go on with the sentence
			detail = strings.TrimSuffix(detail, ".")
		}
		if detail != "" {
			fmt.Fprintf(&b, ": %s", detail)
		}
	case unusable:
		fmt.Fprintf(&b, "the answer is not usable: %s", e.Detail)
	case broken:
		fmt.Fprintf(&b, "no complete answer: %s", e.Detail)
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

// Unwrap returns the error below, such as context.DeadlineExceeded in its chain after a time-out.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the one of the package's errors that e is.
func (e *Error) Is(target error) bool { return target == e.sentinel() }

// sentinel maps an error to at most one of the package's errors; it is the only place that does.
func (e *Error) sentinel() error {
	switch {
	case e.unknown != "":
		return ErrOutcomeUnknown // first: never to be taken for something to try again
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
	default: // the status says it
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

// LogValue makes a group of the error's parts for a structured log: no headers, no body.
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
