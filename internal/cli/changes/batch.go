package changes

import (
	"context"
	"fmt"

	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
)

// RunAgain is the usual next step if some changes are left.
const RunAgain = "run the command again to do the rest"

// Batch makes many changes, and shows their progress and results.
type Batch struct {
	*account.Session
	Pacer       *desired.Pacer
	Table       *console.Table // for the completed changes; nil for none
	Doing, Done string         // the changes, such as "deleting" and "deleted"
	NextStep    string         // if some changes are left, such as RunAgain

	unwritten error // the first error when writing to stdout
}

// Task is a change of a batch.
type Task struct {
	What   string // what the task does, such as "link +14155550100 to agent_1"
	Do     func(context.Context, ...client.CallOption) error
	Report func(failure *failures.JSON) error // prints the change to stdout; failure is nil if it was made
}

// Run makes the changes and returns how many were made. If some were not made, the error has the counts instead.
func (b *Batch) Run(ctx context.Context, tasks []Task) (counts string, _ error) {
	changes := make([]func(context.Context, ...client.CallOption) error, len(tasks))
	for i, t := range tasks {
		changes[i] = t.Do
	}
	step, end := b.Progress(len(tasks), b.Doing)
	made, err := desired.Run(ctx, b.Pacer, changes, func(i int, err error) error {
		defer step()
		return b.result(tasks[i], err)
	})
	end()
	if b.Table != nil && b.unwritten == nil {
		b.unwritten = b.Table.End()
	}
	counts = fmt.Sprintf("%s: %d, failed: %d, left: %d", b.Done, made.Made, made.Failed, made.Left)
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("interrupted; %s; %s", counts, b.NextStep)
	case b.unwritten != nil:
		return "", fmt.Errorf("stopped; %s; %s; the error: write the output: %w", counts, b.NextStep, b.unwritten)
	case err != nil:
		return "", fmt.Errorf("stopped; %s; %s; the error: %w", counts, b.NextStep, err)
	case made.Failed > 0:
		return "", fmt.Errorf("%s; fix the errors above and %s", counts, b.NextStep)
	}
	return counts, nil
}

// result prints the result of a change. If it cannot write to stdout, it returns the error, which stops the batch.
func (b *Batch) result(t Task, err error) error {
	var failure *failures.JSON
	if err != nil {
		b.Note("phonenumbers: %s: %v", t.What, err)
		failure = new(failures.Describe(err, ""))
	}
	if unwritten := t.Report(failure); b.unwritten == nil {
		b.unwritten = unwritten
	}
	return b.unwritten
}
