// Package failures has what a failed command reports: its exit code, what to do next, and the error as JSON.
package failures

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
	"github.com/vogent-community/phonenumbers/internal/printable"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// ExitCodesHelp is for the help of commands.
const ExitCodesHelp = `Exit codes: 0 success; 1 failure; 2 wrong usage, or not confirmed; 3 not found; 4 not authorized;
5 rate limited.`

// Origin says where a key and an address come from.
type Origin struct {
	CheckKey string // what to do about a key that the server refuses
	Address  string // what sets the address, such as a variable
}

// sessionError is an error of a session, with the origin of its key and its address.
type sessionError struct {
	error
	from Origin
}

func (e sessionError) Unwrap() error { return e.error }

// Explain adds the origin to an error, if there is one.
func (o Origin) Explain(err error) error {
	if err == nil {
		return nil
	}
	return sessionError{err, o}
}

// NotChanges wraps an error of plan --exit-code whose own exit code would mean that there are changes. The new one means
// failure.
func NotChanges(err error) error { return notChanges{err} }

// notChanges is an error that has the exit code of a failure instead of its own.
type notChanges struct{ error }

func (e notChanges) Unwrap() error { return e.error }

// ExitCode returns the exit code for an error. No other function chooses exit codes.
func ExitCode(err error) int {
	var usage console.UsageError
	var own console.ExitError
	var plain notChanges
	var wrong *desired.Mistakes
	switch {
	case errors.As(err, &plain):
		return console.ExitFailed
	case errors.As(err, &usage):
		return console.ExitUsage
	case errors.As(err, &own):
		return own.Code
	case errors.As(err, &wrong) && wrong.NotFound:
		return console.ExitNotFound
	case errors.As(err, &wrong):
		return console.ExitFailed
	case WrongAddress(err):
		return console.ExitFailed
	case errors.Is(err, client.ErrValidation) && statusOf(err) == 0: // it was not even sent
		return console.ExitUsage
	case errors.Is(err, client.ErrNotFound), errors.Is(err, workspace.ErrKeyNotFound):
		return console.ExitNotFound
	case errors.Is(err, client.ErrUnauthorized):
		return console.ExitUnauthorized
	case errors.Is(err, client.ErrRateLimited):
		return console.ExitRateLimited
	}
	return console.ExitFailed
}

// WrongAddress reports whether err is a 404 that means that there is no API at the address, not that there is no such number.
func WrongAddress(err error) bool {
	var failure *client.Error
	return errors.As(err, &failure) && failure.StatusCode == http.StatusNotFound && !strings.Contains(failure.Route, "{id}")
}

// statusOf returns the status of the response that caused an error, or 0 if there was no response.
func statusOf(err error) int {
	var failure *client.Error
	if errors.As(err, &failure) {
		return failure.StatusCode
	}
	return 0
}

// Report writes the error of a command and what to do next to stderr, and returns the exit code.
func Report(stderr io.Writer, asJSON bool, command string, err error) int {
	code, next := ExitCode(err), nextStep(command, err)
	if asJSON {
		_ = console.WriteJSON(stderr, struct { // if stderr fails, there is nowhere else to report it
			Error JSON `json:"error"`
		}{Describe(err, next)})
		return code
	}
	text := err.Error()
	if next != "" {
		text += "; " + next
	}
	lines := []string{oneLine.Replace(text)}
	if _, ok := mistakesOf(err); ok { // each mistake has its own line
		lines = strings.Split(text, "\n")
	}
	for i, line := range lines {
		lines[i] = printable.Text(line)
	}
	fmt.Fprintf(stderr, "phonenumbers: %s\n", strings.Join(lines, "\n"))
	return code
}

// mistakesOf returns the mistakes in a file, if err is about a file.
func mistakesOf(err error) ([]api.ProblemField, bool) {
	var wrong interface{ Fields() []api.ProblemField }
	if !errors.As(err, &wrong) {
		return nil, false
	}
	return wrong.Fields(), true
}

// oneLine joins errors that are on separate lines. pgx lists the hosts that it has tried below a heading.
var oneLine = strings.NewReplacer(":\n\t", ": ", "\n\t", "; ", "\n", "; ")

// nextStep returns what to do about an error, or an empty string if the error itself says so.
func nextStep(command string, err error) string {
	var usage console.UsageError
	var failure *client.Error
	var own interface{ NextStep() string }
	var call sessionError
	errors.As(err, &call)
	switch {
	case errors.As(err, &own):
		return own.NextStep()
	case errors.As(err, &usage):
		return fmt.Sprintf("run '%s -h' for help", strings.TrimSuffix(command, " help"))
	case !errors.As(err, &failure):
		return ""
	case errors.Is(err, client.ErrOutcomeUnknown):
		again := "the same command"
		if strings.HasSuffix(command, " buy") { // with --prefix, the same command could buy another number
			again = "'phonenumbers buy " + failure.Number + "'"
		}
		return fmt.Sprintf("check with 'phonenumbers get %s'; if you do not have the number, run %s with --idempotency-key %s", failure.Number, again, failure.IdempotencyKey)
	case WrongAddress(err):
		return "check the address in " + call.from.Address + "; it ends in /api, as in " + client.DefaultBaseURL
	case errors.Is(err, client.ErrNotFound):
		return ListShowsThem
	case errors.Is(err, client.ErrUnauthorized):
		return call.from.CheckKey
	case errors.Is(err, client.ErrRateLimited):
		if failure.RetryAfter > 0 {
			return fmt.Sprintf("run the command again in %s", failure.RetryAfter.Round(time.Second))
		}
		return "run the command again later"
	case errors.Is(err, client.ErrNumberUnavailable):
		return "run 'phonenumbers search PREFIX' to see what is for sale"
	case errors.Is(err, client.ErrUnavailable) && failure.StatusCode == 0:
		return "check the address in " + call.from.Address + ", and that the server is running"
	case errors.Is(err, client.ErrUnavailable):
		return "run the command again later"
	}
	return ""
}

// ListShowsThem is the next step if there is no such number.
const ListShowsThem = "run 'phonenumbers list' to see your numbers"

// JSON is an error as --json prints it.
type JSON struct {
	Message           string             `json:"message"`
	Next              string             `json:"next,omitempty"` // what to do about it
	ExitCode          int                `json:"exitCode"`
	Status            int                `json:"status,omitempty"` // of the response; the members below come from the API too
	Code              api.ProblemCode    `json:"code,omitempty"`
	Errors            []api.ProblemField `json:"errors,omitempty"` // or the mistakes in a file, with pointers into the file
	RequestID         string             `json:"requestId,omitempty"`
	RetryAfterSeconds float64            `json:"retryAfterSeconds,omitempty"`
	Number            string             `json:"number,omitempty"` // the number of a purchase whose outcome is unknown
	IdempotencyKey    string             `json:"idempotencyKey,omitempty"`
}

// Describe returns an error as --json prints it; next is what to do about it.
func Describe(err error, next string) JSON {
	f := JSON{Message: err.Error(), Next: next, ExitCode: ExitCode(err)}
	var failure *client.Error
	if errors.As(err, &failure) {
		f.Status, f.Code, f.Errors, f.RequestID = failure.StatusCode, failure.Code, failure.Fields, failure.RequestID
		f.RetryAfterSeconds = failure.RetryAfter.Seconds()
		f.Number, f.IdempotencyKey = failure.Number, failure.IdempotencyKey
	}
	if fields, ok := mistakesOf(err); ok {
		f.Errors = fields
	}
	return f
}
