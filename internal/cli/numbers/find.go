package numbers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/cli/changes"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
)

// findAll returns the numbers that names name, in the same order and each once. A name means the same as for find. findAll
// lists all numbers: that takes one request per hundred numbers, and a server that does not filter would list them all for each
// name.
func (s *session) findAll(ctx context.Context, names []string, ifMissing string, opts ...client.CallOption) (found []api.PhoneNumber, _ error) {
	owned, err := desired.List(ctx, s.API, opts...)
	if err != nil {
		return nil, err
	}
	byID := map[string]api.PhoneNumber{}
	for _, n := range owned {
		byID[n.ID] = n
	}
	byNumber := owned.Finder()
	var missing []string
	seen := map[string]bool{} // by id, or by name for missing numbers
	for _, name := range names {
		n, known := byNumber(name)
		if other, is := byID[name]; is && (!known || isID(name)) {
			n, known = other, true
		}
		key := name
		if known {
			key = n.ID
		}
		switch {
		case seen[key]:
		case known:
			found = append(found, n)
		default:
			missing = append(missing, name)
		}
		seen[key] = true
	}
	if len(missing) > 0 {
		return nil, console.Exit(console.ExitNotFound, fmt.Sprintf("nothing was changed: you do not have %s; %s", changes.Enumerate(missing), ifMissing))
	}
	return found, nil
}

// readNames reads numbers from stdin, one per line.
func readNames(ctx context.Context, t *console.Console) (names []string, _ error) {
	text, err := t.Read(ctx, "-", desired.MaxSize)
	switch {
	case err != nil:
		return nil, fmt.Errorf("nothing was changed: read stdin: %w", err)
	case len(text) > desired.MaxSize:
		return nil, fmt.Errorf("nothing was changed: stdin is larger than %d MiB; split it", desired.MaxSize>>20)
	}
	line := 0
	for text := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) { // a byte order mark
		line++
		name := strings.TrimSpace(text)
		if strings.Contains(name, "\t") {
			return nil, fmt.Errorf("nothing was changed: line %d of stdin contains a tab; give one number per line, as 'phonenumbers list --columns number' does", line)
		}
		if name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("nothing was changed: stdin contains no numbers; check the command that writes them")
	}
	return names, nil
}

// several reports whether arguments can name more than one number.
func several(names []string) bool { return len(names) > 1 || names[0] == "-" }

// checkNames refuses arguments that do not name numbers.
func checkNames(names []string) error {
	switch {
	case len(names) == 0:
		return console.Usage(errors.New("give the numbers: in E.164 form such as +14155550100, SIP prefixes or ids, or - for stdin"))
	case slices.Contains(names, ""):
		return console.Usage(errors.New("a number is empty"))
	case len(names) > 1 && slices.Contains(names, "-"):
		return console.Usage(errors.New("- reads all numbers from stdin; do not combine it with other numbers"))
	}
	return nil
}

// numbersArguments gives a command arguments that name one or more numbers, with their completion.
func numbersArguments(command *cobra.Command) *cobra.Command {
	command.Args = func(_ *cobra.Command, args []string) error { return checkNames(args) }
	command.ValidArgsFunction = completeMoreNumbers
	return command
}

// find returns the number that a user names. A name that starts with + is a number. A name in the form of our ids is tried as
// an id first, and any other name as a SIP prefix first. The other meaning is tried next, because the hosted API does not
// document the form of its ids.
func (s *session) find(ctx context.Context, name string) (api.PhoneNumber, error) {
	byNumber := func() (api.PhoneNumber, error) { return s.API.GetByNumber(ctx, name) }
	byID := func() (api.PhoneNumber, error) { return s.API.Get(ctx, name) }
	ways := []func() (api.PhoneNumber, error){byNumber, byID}
	switch {
	case name == "":
		return api.PhoneNumber{}, console.Usage(errors.New("the number is empty"))
	case strings.HasPrefix(name, "+"):
		ways = ways[:1]
	case isID(name):
		ways[0], ways[1] = byID, byNumber
	}
	asked := false // whether a request has shown that there is no such number
	for i, way := range ways {
		n, err := way()
		absent := errors.Is(err, client.ErrNotFound) && !failures.WrongAddress(err)
		impossible := errors.Is(err, client.ErrValidation) && (asked || i < len(ways)-1) // not a possible number or id
		if !absent && !impossible {
			return n, err
		}
		asked = asked || absent
	}
	next := failures.ListShowsThem
	if strings.Trim(name, "0123456789") == "" {
		next = "a number starts with + and its country code, such as +14155550100"
	}
	return api.PhoneNumber{}, console.Exit(console.ExitNotFound, fmt.Sprintf("you have no number, SIP prefix or id %q; %s", name, next))
}

// isID reports whether a name has the form of our ids. A SIP prefix can have this form too.
func isID(name string) bool {
	return len(name) == len(uuid.UUID{}.String()) && uuid.Validate(name) == nil
}

// numberArgument gives a command an argument that names one number, with its completion.
func numberArgument(command *cobra.Command) *cobra.Command {
	command.Args = arguments.One("give one number: in E.164 form such as +14155550100, its SIP prefix, or its id")
	command.ValidArgsFunction = completeNumbers
	return command
}
