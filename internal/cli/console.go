package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// console is what a command talks to: stdin, stdout for results, and stderr for the person, if there is one.
type console struct {
	in   io.Reader
	out  io.Writer
	err  io.Writer
	json bool

	mu  sync.Mutex               // for out and err, where several goroutines write
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
	encoder := json.NewEncoder(t.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
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
	fmt.Fprintln(t.err, printable(fmt.Sprintf(format, args...)))
}

// progress shows a bar on a terminal, from now until stop. step counts; both can be called by several goroutines.
func (t *console) progress(total int, what string) (step, stop func()) {
	if t.json || total == 0 || !isTerminal(t.err) {
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
	what = printable(what)
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
	return declined("declined, nothing is changed")
}

// maxPassword is more than any server takes, so that a wrong file is noticed.
const maxPassword = 4096

// password reads a password: from a file, from stdin where that is "-", and where it is empty from a person, who does not see it.
func (t *console) password(ctx context.Context, file string) (string, error) {
	if file == "" || file == "-" && isTerminal(t.in) {
		return t.askPassword(ctx)
	}
	from := t.in
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer opened.Close() //nolint:errcheck // it is only read
		from = opened
	}
	text, err := interruptible(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(from, maxPassword+1)) })
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	password := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	switch {
	case password == "":
		return "", usageError{errors.New("the password in --password-file is empty")}
	case len(password) > maxPassword || strings.ContainsAny(password, "\r\n"):
		return "", usageError{errors.New("what --password-file names is no password: it has more than one line")}
	}
	return password, nil
}

func (t *console) askPassword(ctx context.Context) (string, error) {
	fd, ok := terminal(t.in)
	if !ok || !isTerminal(t.err) {
		return "", usageError{errors.New("there is no terminal to ask for the password; name a file that has it with --password-file, or - for stdin")}
	}
	before, err := term.MakeRaw(fd)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	defer term.Restore(fd, before) //nolint:errcheck // there is nothing else to try
	// The echo is off before the prompt appears, so that not even what is typed at once is shown.
	line := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{t.in, t.err}, "")
	password, err := interruptible(ctx, func() (string, error) { return line.ReadPassword("SIP password: ") })
	if err != nil { // also control-C and control-D
		fmt.Fprint(t.err, "\r\n")
	}
	if password == "" || err != nil {
		return "", declined("nothing is changed: no password was given")
	}
	return password, nil
}

// interruptible runs fn and does not wait for it longer than ctx: a read from a terminal cannot be cancelled.
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
		return none, ctx.Err()
	}
}
