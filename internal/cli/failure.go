package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
	"github.com/vogent-community/phonenumbers/internal/printable"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

const exitCodesHelp = `Exit codes: 0 done, 1 failed, 2 wrong usage or declined, 3 not found, 4 not authorized, 5 rate limited.`

// sessionError is an error of a session, with where its key and its address come from.
type sessionError struct {
	error
	from origin
}

func (e sessionError) Unwrap() error { return e.error }

// explain adds the origin to an error, if there is one.
func (o origin) explain(err error) error {
	if err == nil {
		return nil
	}
	return sessionError{err, o}
}

// errChanges ends a plan --exit-code that has found changes. It is no failure, and nothing is said of it.
var errChanges = errors.New("there are changes")

// notChanges is an error whose exit code would mean that there are changes.
type notChanges struct{ error }

func (e notChanges) Unwrap() error { return e.error }

// exitCode is the only place that chooses one for an error.
func exitCode(err error) int {
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
	case wrongAddress(err):
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

// wrongAddress reports whether a 404 says that the API itself is not there, and nothing of a number.
func wrongAddress(err error) bool {
	var failure *client.Error
	return errors.As(err, &failure) && failure.StatusCode == http.StatusNotFound && !strings.Contains(failure.Route, "{id}")
}

// statusOf is the status of the answer behind an error, 0 where there was none.
func statusOf(err error) int {
	var failure *client.Error
	if errors.As(err, &failure) {
		return failure.StatusCode
	}
	return 0
}

// report writes what made the command fail to stderr, with what to do next, and returns the exit code.
func report(stderr io.Writer, asJSON bool, command string, err error) int {
	code, next := exitCode(err), nextStep(command, err)
	if asJSON {
		_ = console.WriteJSON(stderr, struct { // there is nowhere else to say it
			Error failureJSON `json:"error"`
		}{describe(err, next)})
		return code
	}
	text := err.Error()
	if next != "" {
		text += "; " + next
	}
	lines := []string{oneLine.Replace(text)}
	var wrong *desired.Mistakes
	if errors.As(err, &wrong) { // whose texts have a line each
		lines = strings.Split(text, "\n")
	}
	for i, line := range lines {
		lines[i] = printable.Text(line)
	}
	fmt.Fprintf(stderr, "phonenumbers: %s\n", strings.Join(lines, "\n"))
	return code
}

// oneLine joins errors that are listed a line each; pgx puts the hosts that it has tried below their heading.
var oneLine = strings.NewReplacer(":\n\t", ": ", "\n\t", "; ", "\n", "; ")

// nextStep says what to do about an error whose own text does not.
func nextStep(command string, err error) string {
	var usage console.UsageError
	var failure *client.Error
	var yours yoursError
	var call sessionError
	errors.As(err, &call)
	switch {
	case errors.As(err, &yours):
		return fmt.Sprintf("'phonenumbers link %s AGENT' links it to an agent", yours.Number)
	case errors.As(err, &usage):
		return fmt.Sprintf("run '%s -h' for help", strings.TrimSuffix(command, " help"))
	case !errors.As(err, &failure):
		return ""
	case errors.Is(err, client.ErrOutcomeUnknown):
		again := "the same command"
		if strings.HasSuffix(command, " buy") { // which may have been for any number
			again = "'phonenumbers buy " + failure.Number + "'"
		}
		return fmt.Sprintf("check with 'phonenumbers get %s'; if it is missing, run %s with --idempotency-key %s", failure.Number, again, failure.IdempotencyKey)
	case wrongAddress(err):
		return "check the address in " + call.from.address + "; it ends in /api, as in " + client.DefaultBaseURL
	case errors.Is(err, client.ErrNotFound):
		return listShowsThem
	case errors.Is(err, client.ErrUnauthorized):
		return call.from.checkKey
	case errors.Is(err, client.ErrRateLimited):
		if failure.RetryAfter > 0 {
			return fmt.Sprintf("run the command again in %s", failure.RetryAfter.Round(time.Second))
		}
		return "run the command again later"
	case errors.Is(err, client.ErrNumberUnavailable):
		return "'phonenumbers search PREFIX' shows what is for sale"
	case errors.Is(err, client.ErrUnavailable) && failure.StatusCode == 0:
		return "check the address in " + call.from.address + ", and that the server is running"
	case errors.Is(err, client.ErrUnavailable):
		return "run the command again later"
	}
	return ""
}

const listShowsThem = "'phonenumbers list' shows your numbers"

// failureJSON is an error as --json prints it.
type failureJSON struct {
	Message           string             `json:"message"`
	Next              string             `json:"next,omitempty"` // what to do about it
	ExitCode          int                `json:"exitCode"`
	Status            int                `json:"status,omitempty"` // of the answer; the members below are of the API too
	Code              api.ProblemCode    `json:"code,omitempty"`
	Errors            []api.ProblemField `json:"errors,omitempty"` // or the mistakes in a file, with pointers into that
	RequestID         string             `json:"requestId,omitempty"`
	RetryAfterSeconds float64            `json:"retryAfterSeconds,omitempty"`
	Number            string             `json:"number,omitempty"` // whose outcome is unknown
	IdempotencyKey    string             `json:"idempotencyKey,omitempty"`
}

func describe(err error, next string) failureJSON {
	f := failureJSON{Message: err.Error(), Next: next, ExitCode: exitCode(err)}
	var failure *client.Error
	if errors.As(err, &failure) {
		f.Status, f.Code, f.Errors, f.RequestID = failure.StatusCode, failure.Code, failure.Fields, failure.RequestID
		f.RetryAfterSeconds = failure.RetryAfter.Seconds()
		f.Number, f.IdempotencyKey = failure.Number, failure.IdempotencyKey
	}
	var wrong *desired.Mistakes
	if errors.As(err, &wrong) {
		f.Errors = wrong.Fields()
	}
	return f
}

// wants looks for a flag such as --json by itself, as the parser stops at the first mistake. unclear is what a value counts as
// that is neither true nor false.
func wants(args []string, flag string, unclear bool) bool {
	on := false
	for _, arg := range args {
		name, value, hasValue := strings.Cut(arg, "=")
		switch {
		case arg == "--":
			return on
		case name == "--"+flag:
			given, err := strconv.ParseBool(value)
			on = !hasValue || given || err != nil && unclear
		}
	}
	return on
}
