package desired

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/vogent-community/phonenumbers/api/client"
)

// Plan has the changes to make, sorted by number.
type Plan struct {
	Changes   []Change
	Unchanged int    // how many numbers match the file
	NotInFile int    // how many numbers the file does not name
	Pacer     *Pacer // knows the rate limit from the responses so far
}

// Compare compares a file with the numbers of the workspace. A number that the workspace does not have is an error, and so are
// two names for the same number.
func Compare(ctx context.Context, c *client.Client, want File, opts ...client.CallOption) (Plan, error) {
	var answer client.Response
	owned, err := List(ctx, c, append(opts, client.WithResponse(&answer))...)
	if err != nil {
		return Plan{}, err
	}
	find := owned.Finder()
	p := Plan{Pacer: NewPacer(), NotInFile: len(owned) - len(want.Agents)}
	p.Pacer.Learn(answer.Header)
	wrong := newMistakes(want.Name)
	named := map[string]string{} // by id
	byLine := func(a, b string) int { return cmp.Or(cmp.Compare(want.lines[a], want.lines[b]), cmp.Compare(a, b)) }
	for _, number := range slices.SortedFunc(maps.Keys(want.Agents), byLine) {
		n, found := find(number)
		if !found {
			wrong.NotFound = true
			wrong.Add(want.lines[number], member("/numbers", number), "you do not have %s; buy it or remove it from the file", number)
			continue
		}
		if other, twice := named[n.ID]; twice {
			wrong.Add(want.lines[number], member("/numbers", number), "%s is the same number as %s on line %d; remove one of them", number, other, want.lines[other])
			continue
		}
		named[n.ID] = number
		if agent := want.Agents[number]; AgentOf(n) == agent {
			p.Unchanged++
		} else {
			p.Changes = append(p.Changes, NewChange(n, agent))
		}
	}
	if err := wrong.orNil(); err != nil {
		return Plan{}, err
	}
	slices.SortFunc(p.Changes, func(a, b Change) int { return cmp.Compare(a.Number, b.Number) })
	return p, nil
}
