package console

import "fmt"

// The exit codes.
const (
	ExitDone         = 0
	ExitFailed       = 1
	ExitUsage        = 2 // or not confirmed
	ExitNotFound     = 3
	ExitUnauthorized = 4
	ExitRateLimited  = 5
	ExitChanges      = 2 // for plan --exit-code, where 2 has no other meaning
)

// UsageError is a mistake in the command line.
type UsageError struct{ error }

func (e UsageError) Unwrap() error { return e.error }

// Usage marks err as a mistake in the command line.
func Usage(err error) error { return UsageError{err} }

// ExitError is an error with its own exit code. The text says what to do.
type ExitError struct {
	Code int
	text string
}

func (e ExitError) Error() string { return e.text }

// SilentExit ends the program with an exit code and without a message.
type SilentExit struct{ Code int }

func (e SilentExit) Error() string { return fmt.Sprint("exit code ", e.Code) }

// Exit returns an ExitError. The text says what to do.
func Exit(code int, text string) error { return ExitError{code, text} }

// Declined returns the error for a user who declines or who cannot be asked.
func Declined(format string, args ...any) error {
	return ExitError{ExitUsage, fmt.Sprintf(format, args...)}
}
