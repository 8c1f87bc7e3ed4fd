package phone

import (
	"errors"
	"fmt"
)

// Kind says what went wrong, for the adapter that has to answer.
type Kind int

// The kinds of Error.
const (
	Invalid            Kind = iota + 1 // not of the documented shape
	ValidationFailed                   // a value breaks a rule
	NotFound                           // no such number in the workspace
	NumberUnavailable                  // the number is not for sale, or has an owner
	SIPPrefixTaken                     // the SIP prefix has an owner
	InProgress                         // the first request under the idempotency key is still running
	KeyReused                          // the idempotency key stands for another request
	StorageUnavailable                 // the database cannot take the request now
)

var kindNames = map[Kind]string{
	Invalid:            "invalid request",
	ValidationFailed:   "validation failed",
	NotFound:           "phone number not found",
	NumberUnavailable:  "number unavailable",
	SIPPrefixTaken:     "SIP prefix taken",
	InProgress:         "request in progress under the same idempotency key",
	KeyReused:          "idempotency key reused",
	StorageUnavailable: "storage unavailable",
}

// Error is every error that the operations return on purpose.
type Error struct {
	Kind  Kind
	Rules []BrokenRule // with Invalid and ValidationFailed
}

// BrokenRule points at a value, by JSON pointer or parameter name, and says what it must be.
type BrokenRule struct {
	Pointer string
	Detail  string
}

// The errors that need no more than their kind.
var (
	ErrNotFound           = &Error{Kind: NotFound}
	ErrNumberUnavailable  = &Error{Kind: NumberUnavailable}
	ErrSIPPrefixTaken     = &Error{Kind: SIPPrefixTaken}
	ErrInProgress         = &Error{Kind: InProgress}
	ErrKeyReused          = &Error{Kind: KeyReused}
	ErrStorageUnavailable = &Error{Kind: StorageUnavailable}
)

// ErrTaken is what a Store says of a number that has an owner.
var ErrTaken = errors.New("number has an owner")

// Error implements error.
func (e *Error) Error() string {
	if len(e.Rules) == 0 {
		return kindNames[e.Kind]
	}
	return fmt.Sprintf("%s: %v", kindNames[e.Kind], e.Rules)
}
