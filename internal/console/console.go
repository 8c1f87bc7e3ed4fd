// Package console reads from and writes to a terminal or a pipe: results as rows or JSON, notes, progress, prompts and secrets.
// It does not know the API.
package console

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/vogent-community/phonenumbers/internal/printable"
)

// Console has the streams of a command: stdin, stdout for results, and stderr for messages to the user.
type Console struct {
	In   io.Reader
	Out  io.Writer
	Err  io.Writer
	JSON bool

	mu  sync.Mutex               // for bar and Err
	bar *progressbar.ProgressBar // on stderr, nil if there is none
}

// terminal returns the file descriptor of a stream that is a terminal.
func terminal(stream any) (fd int, ok bool) {
	if w, ok := stream.(io.Writer); ok {
		stream = Underlying(w)
	}
	file, ok := stream.(*os.File)
	if !ok {
		return 0, false
	}
	fd = int(file.Fd())
	return fd, term.IsTerminal(fd)
}

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	_, ok := terminal(stream)
	return ok
}

// Document prints a JSON document.
func (t *Console) Document(v any) error {
	return encodeJSON(t.Out, v, "  ")
}

// WriteJSON writes a value as JSON on one line.
func WriteJSON(w io.Writer, v any) error {
	return encodeJSON(w, v, "")
}

// encodeJSON also escapes the control characters that encoding/json leaves as they are, because a terminal would act on them.
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

// Note prints a message that is neither a result nor an error. If there is a progress bar, the message appears above it. With
// --json, Note prints nothing.
func (t *Console) Note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.JSON {
		return
	}
	if t.bar != nil {
		_ = t.bar.Clear()         // if stderr fails, there is nowhere to report it
		defer t.bar.RenderBlank() //nolint:errcheck // as above
	}
	fmt.Fprintln(t.Err, printable.Text(fmt.Sprintf(format, args...)))
}

// Progress shows a progress bar on a terminal until stop is called. step counts one more of total. Several goroutines can call
// both.
func (t *Console) Progress(total int, what string) (step, stop func()) {
	if t.JSON || total == 0 || !IsTerminal(t.Err) || !IsTerminal(t.Out) { // a pipe can end on the same terminal
		return func() {}, func() {}
	}
	bar := progressbar.NewOptions(total,
		progressbar.OptionSetWriter(t.Err),
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
		if count++; time.Since(drawn) > 100*time.Millisecond { // the library's own throttle would not redraw the bar below a note
			drawn = time.Now()
			_ = bar.Set(count) // if stderr fails, there is nowhere to report it
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

// Output keeps the first error when writing, so that a command whose output is lost cannot succeed.
type Output struct {
	io.Writer
	Lost error // that error
}

// Underlying returns the writer inside an Output, and any other writer unchanged. If it is a terminal, a command that writes to it
// can still see that.
func Underlying(w io.Writer) io.Writer {
	if o, ok := w.(*Output); ok {
		return o.Writer
	}
	return w
}

func (o *Output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if o.Lost == nil {
		o.Lost = err
	}
	return n, err
}
