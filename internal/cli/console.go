package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vogent-community/phonenumbers/internal/printable"
)

// console is what a command talks to: stdin, stdout for results, and stderr for the person, if there is one.
type console struct {
	in   io.Reader
	out  io.Writer
	err  io.Writer
	json bool

	mu  sync.Mutex               // for bar and err
	bar *progressbar.ProgressBar // on stderr, nil where there is none
}

func consoleOf(c *cobra.Command) *console {
	asJSON, _ := c.Flags().GetBool(jsonFlag) // which each command has
	return &console{in: c.InOrStdin(), out: c.OutOrStdout(), err: c.ErrOrStderr(), json: asJSON}
}

// terminal returns the file descriptor of a stream that is a terminal.
func terminal(stream any) (fd int, ok bool) {
	if o, wrapped := stream.(*output); wrapped {
		stream = o.Writer
	}
	file, ok := stream.(*os.File)
	if !ok {
		return 0, false
	}
	fd = int(file.Fd())
	return fd, term.IsTerminal(fd)
}

func isTerminal(stream any) bool {
	_, ok := terminal(stream)
	return ok
}

// document prints a JSON document.
func (t *console) document(v any) error {
	return encodeJSON(t.out, v, "  ")
}

// writeJSON writes a value in one line.
func writeJSON(w io.Writer, v any) error {
	return encodeJSON(w, v, "")
}

// encodeJSON also escapes the control characters that encoding/json lets through, as they could act on a terminal.
func encodeJSON(w io.Writer, v any, indent string) error {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	text := b.String()
	for c := rune(0x7f); c <= 0x9f; c++ {
		text = strings.ReplaceAll(text, string(c), fmt.Sprintf(`\u%04x`, c))
	}
	_, err := io.WriteString(w, text)
	return err
}

// note tells the person something that is neither a result nor an error; above the progress bar, if there is one.
func (t *console) note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.json {
		return
	}
	if t.bar != nil {
		_ = t.bar.Clear()         // on stderr, where there is nobody to tell
		defer t.bar.RenderBlank() //nolint:errcheck // as above
	}
	fmt.Fprintln(t.err, printable.Text(fmt.Sprintf(format, args...)))
}

// progress shows a bar on a terminal, from now until stop. step counts; both can be called by several goroutines.
func (t *console) progress(total int, what string) (step, stop func()) {
	if t.json || total == 0 || !isTerminal(t.err) || !isTerminal(t.out) { // rows may go to the same terminal by a pipe
		return func() {}, func() {}
	}
	bar := progressbar.NewOptions(total,
		progressbar.OptionSetWriter(t.err),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(true),
	)
	t.mu.Lock()
	t.bar = bar
	t.mu.Unlock()
	count, drawn := 0, time.Now()
	step = func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if count++; time.Since(drawn) > 100*time.Millisecond { // the throttle of the library would not draw it again below a note
			drawn = time.Now()
			_ = bar.Set(count) // on stderr, where there is nobody to tell
		}
	}
	stop = func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		_ = bar.Finish()
		t.bar = nil
	}
	return step, stop
}

// ask asks a person for a yes; without a person it is an error that asks for --yes.
func (t *console) ask(ctx context.Context, what string) error {
	what = printable.Text(what)
	if !isTerminal(t.in) || !isTerminal(t.err) {
		return declined("this would %s; confirm it with --yes", what)
	}
	fmt.Fprintf(t.err, "%s%s? [y/N] ", strings.ToUpper(what[:1]), what[1:])
	answer, err := interruptible(ctx, func() (string, error) { return bufio.NewReader(t.in).ReadString('\n') })
	if err != nil { // also the end of the input
		fmt.Fprintln(t.err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return declined("declined, nothing was changed")
}

// maxSecret is more than any password or key has, so that a wrong file is noticed.
const maxSecret = 4096

// secret is a password or the like: what it is, how a person is asked for it, and the flag that names a file with it.
type secret struct{ what, prompt, flag string }

// secret reads a secret: from a file, from stdin where that is "-", and where it is empty from a person, who does not see it.
func (t *console) secret(ctx context.Context, file string, want secret) (string, error) {
	if file == "" || file == "-" && isTerminal(t.in) {
		return t.askSecret(ctx, want)
	}
	content, err := t.read(ctx, file, maxSecret)
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	switch {
	case text == "":
		return "", usageError{fmt.Errorf("the %s in --%s is empty", want.what, want.flag)}
	case len(text) > maxSecret:
		return "", usageError{fmt.Errorf("the file given with --%s cannot be the %s: it has more than %d bytes", want.flag, want.what, maxSecret)}
	case strings.ContainsAny(text, "\r\n"):
		return "", usageError{fmt.Errorf("the file given with --%s cannot be the %s: it has more than one line", want.flag, want.what)}
	}
	return text, nil
}

func (t *console) askSecret(ctx context.Context, want secret) (string, error) {
	fd, ok := terminal(t.in)
	if !ok || !isTerminal(t.err) {
		return "", usageError{fmt.Errorf("cannot ask for the %s without a terminal; give a file that has it with --%s, or - for stdin", want.what, want.flag)}
	}
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read the %s: %w", want.what, err)
	}
	var prompt sync.WaitGroup
	prompt.Go(func() {
		waitForChange(fd, before)
		fmt.Fprint(t.err, want.prompt+": ")
	})
	text, err := interruptible(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	prompt.Wait()
	fmt.Fprintln(t.err)
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), term.Restore(fd, before)) // ReadPassword still waits, and would leave the echo off
	}
	if len(text) == 0 || err != nil {
		return "", declined("nothing was changed: no %s was given", want.what)
	}
	return string(text), nil
}

// waitForChange waits until ReadPassword has turned the echo off, so that not even what is typed at once is shown; not for
// long, as it may have been off.
func waitForChange(fd int, before *term.State) {
	for range 100 {
		if now, err := term.GetState(fd); err != nil || !reflect.DeepEqual(now, before) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// read reads a file, or stdin where that is "-", up to one byte more than the most that it may have.
func (t *console) read(ctx context.Context, file string, most int64) ([]byte, error) {
	return interruptible(ctx, func() ([]byte, error) {
		from := t.in
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

// interruptible runs fn and does not wait for it longer than ctx: a read from a terminal or a pipe cannot be cancelled.
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
