package cli

import (
	"context"
	"fmt"

	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
)

// batch makes many changes, and tells the person how they go.
type batch struct {
	*session
	pacer       *desired.Pacer
	table       *console.Table // of what is done; nil for none
	doing, done string         // the changes, such as "deleting" and "deleted"
	again       string         // what to do about those that are left
	unwritten   error          // the first error of writing to stdout
}

// task is a change of a batch.
type task struct {
	what   string // such as "link +14155550100 to agent_1"
	do     func(context.Context, ...client.CallOption) error
	report func(failure *failures.JSON) error // prints the change to stdout; failure is nil for one that is done
}

// run makes the changes, and says how many are done: in an error, unless all are.
func (b *batch) run(ctx context.Context, tasks []task) (counts string, _ error) {
	changes := make([]func(context.Context, ...client.CallOption) error, len(tasks))
	for i, t := range tasks {
		changes[i] = t.do
	}
	step, end := b.Progress(len(tasks), b.doing)
	made, err := desired.Run(ctx, b.pacer, changes, func(i int, err error) error {
		defer step()
		return b.result(tasks[i], err)
	})
	end()
	if b.table != nil && b.unwritten == nil {
		b.unwritten = b.table.End()
	}
	counts = fmt.Sprintf("%s: %d, failed: %d, left: %d", b.done, made.Made, made.Failed, made.Left)
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("interrupted, %s; %s", counts, b.again)
	case b.unwritten != nil:
		return "", fmt.Errorf("stopped, %s; %s: write the output: %w", counts, b.again, b.unwritten)
	case err != nil:
		return "", fmt.Errorf("stopped, %s; %s: %w", counts, b.again, err)
	case made.Failed > 0:
		return "", fmt.Errorf("%s; fix the errors above, and %s", counts, b.again)
	}
	return counts, nil
}

// result prints how a change went. Its error is of writing to stdout, after which going on makes no sense.
func (b *batch) result(t task, err error) error {
	var failure *failures.JSON
	if err != nil {
		b.Note("phonenumbers: %s: %v", t.what, err)
		failure = new(failures.Describe(err, ""))
	}
	if unwritten := t.report(failure); b.unwritten == nil {
		b.unwritten = unwritten
	}
	return b.unwritten
}
