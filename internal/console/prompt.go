package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/vogent-community/phonenumbers/internal/printable"
)

// Ask asks the user to confirm what. Without a terminal, it returns an error that asks for --yes.
func (t *Console) Ask(ctx context.Context, what string) error {
	what = printable.Text(what)
	if !IsTerminal(t.In) || !IsTerminal(t.Err) {
		return Declined("this would %s; to confirm, add --yes", what)
	}
	fmt.Fprintf(t.Err, "%s%s? [y/N] ", strings.ToUpper(what[:1]), what[1:])
	answer, err := interruptible(ctx, func() (string, error) { return bufio.NewReader(t.In).ReadString('\n') })
	if err != nil { // including io.EOF
		fmt.Fprintln(t.Err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return Declined("nothing was changed: you declined")
}

// maxSecret is longer than any password or key, in bytes. A longer file must be the wrong file.
const maxSecret = 4096

// Secret describes a password or another secret: what it is, the prompt for it, and the flag that names a file with it.
type Secret struct{ What, Prompt, Flag string }

// Secret reads a secret from a file, or from stdin if file is "-". If file is empty, it asks the user and does not echo the
// input.
func (t *Console) Secret(ctx context.Context, file string, want Secret) (string, error) {
	if file == "" || file == "-" && IsTerminal(t.In) {
		return t.askSecret(ctx, want)
	}
	content, err := t.Read(ctx, file, maxSecret)
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	switch {
	case text == "":
		return "", Usage(fmt.Errorf("the %s in the file given with --%s is empty", want.What, want.Flag))
	case len(text) > maxSecret:
		return "", Usage(fmt.Errorf("the file given with --%s cannot be the %s: it has more than %d bytes", want.Flag, want.What, maxSecret))
	case strings.ContainsAny(text, "\r\n"):
		return "", Usage(fmt.Errorf("the file given with --%s cannot be the %s: it has more than one line", want.Flag, want.What))
	}
	return text, nil
}

func (t *Console) askSecret(ctx context.Context, want Secret) (string, error) {
	fd, ok := terminal(t.In)
	if !ok || !IsTerminal(t.Err) {
		return "", Usage(fmt.Errorf("cannot ask for the %s without a terminal; use --%s with a file that contains it, or with - for stdin", want.What, want.Flag))
	}
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read the %s: %w", want.What, err)
	}
	var prompt sync.WaitGroup
	prompt.Go(func() {
		waitForChange(fd, before)
		fmt.Fprint(t.Err, want.Prompt+": ")
	})
	text, err := interruptible(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	prompt.Wait()
	fmt.Fprintln(t.Err)
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), term.Restore(fd, before)) // ReadPassword still waits, and would leave echo off
	}
	if len(text) == 0 || err != nil {
		return "", Declined("nothing was changed: no %s was given", want.What)
	}
	return string(text), nil
}

// waitForChange waits until ReadPassword has turned echo off, so that the terminal never shows what is typed. It does not wait
// long, because echo may already have been off.
func waitForChange(fd int, before *term.State) {
	for range 100 {
		if now, err := term.GetState(fd); err != nil || !reflect.DeepEqual(now, before) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// Read reads a file, or stdin if file is "-". It reads at most one byte more than most, so that the caller sees that it is too
// long.
func (t *Console) Read(ctx context.Context, file string, most int64) ([]byte, error) {
	return interruptible(ctx, func() ([]byte, error) {
		from := t.In
		if file != "-" {
			opened, err := os.Open(file)
			if err != nil {
				return nil, err
			}
			defer opened.Close() //nolint:errcheck // it is only read
			from = opened
		}
		return io.ReadAll(io.LimitReader(from, most+1))
	})
}

// interruptible runs fn but stops waiting for it when ctx ends: a read from a terminal or a pipe cannot be canceled.
func interruptible[T any](ctx context.Context, fn func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := fn()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}
