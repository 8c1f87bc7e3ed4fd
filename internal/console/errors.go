package console

import "fmt"

// The exit codes.
const (
	ExitDone         = 0
	ExitFailed       = 1
	ExitUsage        = 2 // or declined
	ExitNotFound     = 3
	ExitUnauthorized = 4
	ExitRateLimited  = 5
	ExitChanges      = 2 // of plan --exit-code, with which nothing else is 2
)

// UsageError is a mistake in the command line.
type UsageError struct{ error }

func (e UsageError) Unwrap() error { return e.error }

// Usage says that err is a mistake in the command line.
func Usage(err error) error { return UsageError{err} }

// ExitError is an error of the command itself with an exit code of its own. The text says what to do.
type ExitError struct {
	Code int
	text string
}

func (e ExitError) Error() string { return e.text }

// Exit is an error with an exit code. The text says what to do.
func Exit(code int, text string) error { return ExitError{code, text} }

// Declined is an error of a person who does not want it, or cannot be asked.
func Declined(format string, args ...any) error {
	return ExitError{ExitUsage, fmt.Sprintf(format, args...)}
}
