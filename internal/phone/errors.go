package phone

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what went wrong. It is a code of the API: openapi.yaml lists the codes with the status of each.
type Code string

// The codes of the errors of this package.
const (
	InvalidRequest        Code = "invalid_request"         // not in the documented format
	ValidationFailed      Code = "validation_failed"       // a value breaks a rule
	NotFound              Code = "not_found"               // no such number in the workspace
	NumberUnavailable     Code = "number_unavailable"      // the number is not for sale, or is already owned
	SIPPrefixTaken        Code = "sip_prefix_taken"        // the SIP prefix is already owned
	IdempotencyInProgress Code = "idempotency_in_progress" // the first request with the idempotency key is still running
	IdempotencyKeyReused  Code = "idempotency_key_reused"  // the idempotency key was already used for a different request
	StorageUnavailable    Code = "storage_unavailable"     // the database cannot handle the request now
)

// Error is the type of every error that the operations return on purpose.
type Error struct {
	Code  Code
	Rules []BrokenRule // with InvalidRequest and ValidationFailed
}

// BrokenRule points at a value, by JSON pointer or parameter name, and says what it must be.
type BrokenRule struct {
	Pointer string
	Detail  string
}

// The errors that have only a code.
var (
	ErrNotFound           = &Error{Code: NotFound}
	ErrNumberUnavailable  = &Error{Code: NumberUnavailable}
	ErrSIPPrefixTaken     = &Error{Code: SIPPrefixTaken}
	ErrInProgress         = &Error{Code: IdempotencyInProgress}
	ErrKeyReused          = &Error{Code: IdempotencyKeyReused}
	ErrStorageUnavailable = &Error{Code: StorageUnavailable}
)

// ErrTaken is the error of a Store for a number that already has an owner.
var ErrTaken = errors.New("the number is already owned")

// Error implements error.
func (e *Error) Error() string {
	text := strings.ReplaceAll(string(e.Code), "_", " ")
	if len(e.Rules) == 0 {
		return text
	}
	return fmt.Sprintf("%s: %v", text, e.Rules)
}

// Is reports whether target is an Error with the same code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && e.Code == other.Code
}
