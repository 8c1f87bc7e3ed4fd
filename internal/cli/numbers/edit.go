package numbers

import (
	"context"
	"fmt"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/changes"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
)

// severalHelp is for the help of commands for one number or several.
const severalHelp = naming + `
Give - instead of numbers to read them from stdin, one per line.

If you give several numbers, the command looks up all of them first. If you do not have one of them,
it changes nothing. It then changes eight at a time, within the server's rate limit. If a change
fails, the command reports it and continues with the others. If the server is unavailable, the
command retries for a few minutes. It prints the numbers in the order in which their changes finish.
With --json, it prints one object per line, with an error for each number that failed.`

// edit is what link, unlink and delete do to numbers.
type edit struct {
	verb, doing, done string // such as "link", "linking" and "linked"
	nextStep          string // if some numbers are left
	ifMissing         string // what to do if there are no such numbers
	asks              bool

	// settled reports whether there is nothing to do for a number.
	settled func(api.PhoneNumber) bool
	// what describes the edit of numbers that are not settled, such as "unlink +14155550100 from agent_1".
	what func([]api.PhoneNumber) string
	// do edits a number, and returns the number to show.
	do func(context.Context, api.PhoneNumber, ...client.CallOption) (api.PhoneNumber, error)
}

// linking returns the edit that links numbers to an agent.
func (s *session) linking(agent string) edit {
	return edit{
		verb: "link", doing: "linking", done: "linked", nextStep: changes.RunAgain, ifMissing: failures.ListShowsThem,
		settled: func(n api.PhoneNumber) bool { return desired.AgentOf(n) == agent },
		what:    func(ns []api.PhoneNumber) string { return desired.NewChange(ns[0], agent).String() }, // link never asks about several
		do: func(ctx context.Context, n api.PhoneNumber, opts ...client.CallOption) (api.PhoneNumber, error) {
			return desired.NewChange(n, agent).Make(ctx, s.API, opts...)
		},
	}
}

// unlinking returns the edit that unlinks numbers from their agents.
func (s *session) unlinking() edit {
	return edit{
		verb: "unlink", doing: "unlinking", done: "unlinked", nextStep: changes.RunAgain, ifMissing: failures.ListShowsThem, asks: true,
		settled: func(n api.PhoneNumber) bool { return desired.AgentOf(n) == "" },
		what: func(ns []api.PhoneNumber) string {
			what := "unlink " + changes.Enumerate(numbersOf(ns))
			if len(ns) == 1 {
				what = desired.NewChange(ns[0], "").String()
			}
			return what + " at " + s.BaseURL
		},
		do: func(ctx context.Context, n api.PhoneNumber, opts ...client.CallOption) (api.PhoneNumber, error) {
			return desired.NewChange(n, "").Make(ctx, s.API, opts...)
		},
	}
}

// deleting returns the edit that deletes numbers. It shows each number as it was before.
func (s *session) deleting() edit {
	return edit{
		verb: "delete", doing: "deleting", done: "deleted", asks: true,
		nextStep:  "run the command again with the numbers that 'phonenumbers list' still shows",
		ifMissing: failures.ListShowsThem + "; 'phonenumbers delete -h' explains how to delete the rest of a file",
		settled:   func(api.PhoneNumber) bool { return false },
		what: func(ns []api.PhoneNumber) string {
			if len(ns) == 1 {
				return fmt.Sprintf("permanently delete %s (%s), %s, at %s", ns[0].Number, ns[0].ID, linked(ns[0]), s.BaseURL)
			}
			agents := 0
			for _, n := range ns {
				if desired.AgentOf(n) != "" {
					agents++
				}
			}
			return fmt.Sprintf("permanently delete %s (%d of %d are linked to an agent) at %s", changes.Enumerate(numbersOf(ns)), agents, len(ns), s.BaseURL)
		},
		do: func(ctx context.Context, n api.PhoneNumber, opts ...client.CallOption) (api.PhoneNumber, error) {
			return n, s.API.Delete(ctx, n.ID, opts...)
		},
	}
}

func numbersOf(ns []api.PhoneNumber) (numbers []string) {
	for _, n := range ns {
		numbers = append(numbers, n.Number)
	}
	return numbers
}

// linked says which agent a number is linked to.
func linked(n api.PhoneNumber) string {
	if agent := desired.AgentOf(n); agent != "" {
		return "linked to " + agent
	}
	return "not linked to an agent"
}

// edit applies e to the numbers that names name, and shows them.
func (s *session) edit(ctx context.Context, names []string, e edit, agree changes.Consent) error {
	if several(names) {
		return s.editAll(ctx, names, e, agree)
	}
	n, err := s.find(ctx, names[0])
	settled := err == nil && e.settled(n)
	switch {
	case err != nil:
		return err
	case settled && agree.DryRun:
		return changes.Would(s.Session, nothingToDo(n))
	case settled && e.asks:
		return s.show(n)
	case e.asks || agree.DryRun:
		if ok, err := agree.Given(ctx, s.Session, e.what([]api.PhoneNumber{n})); !ok {
			return err
		}
	}
	if n, err = e.do(ctx, n); err != nil {
		return err
	}
	return s.showDone(n, "is "+e.done)
}

func nothingToDo(n api.PhoneNumber) string {
	return fmt.Sprintf("change nothing: %s is %s", n.Number, linked(n))
}

// editAll is edit for several numbers.
func (s *session) editAll(ctx context.Context, names []string, e edit, agree changes.Consent) error {
	if names[0] == "-" {
		var err error
		if names, err = readNames(ctx, s.Console); err != nil {
			return err
		}
	}
	var answer client.Response
	found, err := s.findAll(ctx, names, e.ifMissing, client.WithResponse(&answer))
	switch {
	case err != nil:
		return err
	case agree.DryRun:
		return s.wouldEdit(found, e)
	}
	var open, settled []api.PhoneNumber
	for _, n := range found {
		if e.settled(n) {
			settled = append(settled, n)
		} else {
			open = append(open, n)
		}
	}
	if e.asks && len(open) > 0 {
		if ok, err := agree.Given(ctx, s.Session, e.what(open)); !ok {
			return err
		}
	}
	rows := s.numbers(numberColumns)
	rows.Held = true
	report := func(n api.PhoneNumber, failure *failures.JSON) error {
		switch {
		case s.JSON:
			return console.WriteJSON(s.Out, editedJSON{n, failure})
		case failure == nil:
			return rows.number(n)
		}
		return nil
	}
	for _, n := range settled {
		if err := report(n, nil); err != nil {
			return fmt.Errorf("nothing was changed: write the output: %w", err)
		}
	}
	b := changes.Batch{
		Session: s.Session, Pacer: desired.NewPacer(), Table: rows.Table, Doing: e.doing, Done: e.done, NextStep: e.nextStep,
	}
	b.Pacer.Learn(answer.Header)
	var tasks []changes.Task
	for _, n := range open {
		tasks = append(tasks, changes.Task{
			What: e.verb + " " + n.Number,
			Do: func(ctx context.Context, opts ...client.CallOption) error {
				now, err := e.do(ctx, n, opts...)
				if err == nil {
					n = now
				}
				return err
			},
			Report: func(failure *failures.JSON) error { return report(n, failure) },
		})
	}
	counts, err := b.Run(ctx, tasks)
	if err != nil {
		return err
	}
	if len(settled) > 0 {
		counts += fmt.Sprintf(", unchanged: %d", len(settled))
	}
	s.Note("%s", counts)
	return nil
}

// editedJSON is a number as --json prints it: after the edit, or before it if the edit failed.
type editedJSON struct {
	api.PhoneNumber
	Error *failures.JSON `json:"error,omitempty"`
}

// wouldEdit prints what the command would do to each number, one line per number.
func (s *session) wouldEdit(found []api.PhoneNumber, e edit) error {
	for _, n := range found {
		what := e.what([]api.PhoneNumber{n})
		if e.settled(n) {
			what = nothingToDo(n)
		}
		var err error
		if s.JSON {
			err = console.WriteJSON(s.Out, changes.WouldJSON{Would: what})
		} else {
			err = changes.Would(s.Session, what)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
