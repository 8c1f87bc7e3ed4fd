package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

const (
	// atOnce is how many changes are under way at the same time.
	atOnce = 8
	// patience is how long a change waits for a server that is away.
	patience = 5 * time.Minute
	// applyRetries are enough for that: each is after 4 seconds on average, or when the server has asked for it.
	applyRetries = 100
)

func applyCommand() *cobra.Command {
	var agree consent
	var file string
	command := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Link and unlink numbers to be as a file says",
		Long: `Link and unlink numbers until they are as a file says. It asks before it unlinks. It never buys or deletes; numbers that are
not in the file are left alone; a number that you do not have is an error before anything is changed.

Eight changes are under way at a time, within the rate limit that the server tells. A change that fails is reported, and the
others go on. A server that is away is waited for, a few minutes. After an interruption or a failure, run the command
again: it does what is left.

In a pipe, each change that is done is a row: the change, the number, the agent before, the agent now. With --json each change is an
object, those that failed with an error.

` + fileHelp,
		Example: `  phonenumbers apply -f numbers.yaml
  phonenumbers apply -f numbers.yaml --yes
  phonenumbers apply -f numbers.yaml --dry-run   # as plan`,
		Args:              needFile(&file),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fileFlag(command, &file)
	agree.flags(command)
	return apiCommand(command, func(ctx context.Context, s *session, _ []string) error {
		want, err := s.readDesired(ctx, file)
		if err != nil {
			return err
		}
		// A wrong address or key shows at once; from then on a server that is away is waited for.
		if _, err := s.api.List(ctx, api.ListPhoneNumbersParams{Limit: new(1)}); err != nil {
			return err
		}
		p, err := s.plan(ctx, want, client.WithRetries(applyRetries))
		switch {
		case err != nil:
			return err
		case agree.dryRun:
			return s.showPlan(p)
		}
		var unlinked []string
		for _, c := range p.changes {
			if c.action() == actionUnlink {
				unlinked = append(unlinked, c.number)
			}
		}
		if len(unlinked) > 0 {
			if ok, err := agree.given(ctx, s, fmt.Sprintf("unlink %s at %s", enumerate(unlinked), s.baseURL)); !ok {
				return err
			}
		}
		return s.apply(ctx, p)
	})
}

// application is a run of apply.
type application struct {
	*session
	pacer *pacer
	stop  context.CancelCauseFunc // with the error after which going on makes no sense

	mu           sync.Mutex // for what follows
	table        *table     // of what is done; nil where a person looks at the bar
	done, failed int
	unwritten    error // the first error of writing to stdout
}

func (s *session) apply(caller context.Context, p plan) error {
	ctx, stop := context.WithCancelCause(caller)
	defer stop(nil)
	a := &application{session: s, pacer: p.pacer, stop: stop}
	step, end := s.progress(len(p.changes), "changing")
	if !isTerminal(s.out) || !isTerminal(s.err) {
		a.table = s.changes()
	}
	queue := make(chan change)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for c := range queue {
				if ctx.Err() == nil {
					a.change(ctx, c)
					step()
				}
			}
		})
	}
	for _, c := range p.changes {
		queue <- c
	}
	close(queue)
	workers.Wait()
	end()
	if a.table != nil && a.unwritten == nil {
		a.unwritten = a.table.end()
	}
	counts := fmt.Sprintf("changed: %d, failed: %d, left: %d", a.done, a.failed, len(p.changes)-a.done-a.failed)
	switch {
	case caller.Err() != nil:
		return fmt.Errorf("interrupted, %s; run the command again for what is left", counts)
	case a.unwritten != nil:
		return fmt.Errorf("stopped, %s; the command does what is left when it is run again: write the output: %w", counts, a.unwritten)
	case ctx.Err() != nil:
		return fmt.Errorf("stopped, %s; the command does what is left when it is run again: %w", counts, context.Cause(ctx))
	case a.failed > 0:
		return fmt.Errorf("%s; correct what the lines above say, and run the command again", counts)
	}
	a.note("%s, unchanged: %d, not in the file: %d", counts, p.unchanged, p.notInFile)
	return nil
}

// change makes a change, and says how it went.
func (a *application) change(ctx context.Context, c change) {
	if a.pacer.wait(ctx) != nil {
		return
	}
	a.mu.Lock()
	doneBefore := a.done
	a.mu.Unlock()
	var answer client.Response
	options := []client.CallOption{client.WithRetries(applyRetries), client.WithResponse(&answer)}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var err error
	if c.to == "" {
		_, err = a.api.Unlink(limited, c.id, options...)
	} else {
		_, err = a.api.Link(limited, c.id, c.to, options...)
	}
	a.pacer.learn(answer.Header)
	if err != nil && ctx.Err() != nil {
		return // it may be done or not; the next run finds out
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.result(c, err)
	var failure *client.Error
	switch {
	case a.unwritten != nil:
		a.stop(a.unwritten)
	case err == nil:
	case errors.As(err, &failure) && failure.StatusCode == http.StatusUnauthorized:
		a.stop(err) // the others would fail too
	case a.done == doneBefore && (errors.Is(err, client.ErrUnavailable) || errors.Is(err, client.ErrRateLimited) ||
		errors.Is(err, context.DeadlineExceeded)):
		a.stop(err) // all that time nothing succeeded
	}
}

// result counts a change and prints it.
func (a *application) result(c change, err error) {
	var unwritten error
	switch {
	case err != nil:
		a.failed++
		a.note("phonenumbers: %v: %v", c, err)
	default:
		a.done++
	}
	switch {
	case a.json:
		line := c.json()
		if err != nil {
			failure := describe(err, "")
			line.Error = &failure
		}
		unwritten = writeJSON(a.out, line)
	case err == nil && a.table != nil:
		unwritten = a.table.row(c.row()...)
	}
	if a.unwritten == nil {
		a.unwritten = unwritten
	}
}
