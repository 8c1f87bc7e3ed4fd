// Package console talks to the person at a terminal, or to what reads its output in a pipe: results as rows or JSON, notes,
// progress, questions and secrets. It knows nothing of the API.
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

// Console is what a command talks to: stdin, stdout for results, and stderr for the person, if there is one.
type Console struct {
	In   io.Reader
	Out  io.Writer
	Err  io.Writer
	JSON bool

	mu  sync.Mutex               // for bar and Err
	bar *progressbar.ProgressBar // on stderr, nil where there is none
}

// terminal returns the file descriptor of a stream that is a terminal.
func terminal(stream any) (fd int, ok bool) {
	if o, wrapped := stream.(*Output); wrapped {
		stream = o.Writer
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

// WriteJSON writes a value in one line.
func WriteJSON(w io.Writer, v any) error {
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

// Note tells the person something that is neither a result nor an error; above the progress bar, if there is one.
func (t *Console) Note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.JSON {
		return
	}
	if t.bar != nil {
		_ = t.bar.Clear()         // on stderr, where there is nobody to tell
		defer t.bar.RenderBlank() //nolint:errcheck // as above
	}
	fmt.Fprintln(t.Err, printable.Text(fmt.Sprintf(format, args...)))
}

// Progress shows a bar on a terminal, from now until stop. step counts; both can be called by several goroutines.
func (t *Console) Progress(total int, what string) (step, stop func()) {
	if t.JSON || total == 0 || !IsTerminal(t.Err) || !IsTerminal(t.Out) { // rows may go to the same terminal by a pipe
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

// Output keeps the first error of writing, so that no command can end well whose output is lost.
type Output struct {
	io.Writer
	Lost error // that error
}

func (o *Output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if o.Lost == nil {
		o.Lost = err
	}
	return n, err
}
