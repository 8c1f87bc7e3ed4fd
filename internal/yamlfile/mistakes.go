package yamlfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vogent-community/phonenumbers/internal/printable"
)

type mistake struct {
	line int
	text string
}

func (m mistake) String() string { return fmt.Sprintf("line %d: %s", m.line, m.text) }

func (f *file) add(line int, format string, args ...any) {
	f.mistakes = append(f.mistakes, mistake{line, printable.Text(fmt.Sprintf(format, args...))})
}

func (f *file) ok() bool { return len(f.mistakes) == 0 }

// err returns the mistakes, sorted by line.
func (f *file) err() error {
	slices.SortStableFunc(f.mistakes, func(a, b mistake) int { return cmp.Compare(a.line, b.line) })
	return errors.New(Describe(f.name+": ", f.mistakes))
}

// Describe returns a text with the mistakes in a file, after head. It is one line if there is one mistake. Otherwise each
// mistake has its own line, because a text can contain semicolons. It lists only as many mistakes as a terminal shows without
// scrolling.
func Describe[T fmt.Stringer](head string, mistakes []T) string {
	const most = 20
	if len(mistakes) == 1 {
		return head + mistakes[0].String()
	}
	lines := []string{fmt.Sprintf("%s%d mistakes:", head, len(mistakes))}
	for _, each := range mistakes[:min(len(mistakes), most)] {
		lines = append(lines, "  "+each.String())
	}
	if more := len(mistakes) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// yamlPrefix matches what the YAML parser writes before an error.
var yamlPrefix = regexp.MustCompile(`^yaml: (line [0-9]+: )?`)

// broken adds the mistake for an error of the YAML parser.
func (f *file) broken(text []byte, err error) {
	wrong := yamlPrefix.ReplaceAllString(err.Error(), "")
	if strings.HasPrefix(wrong, "unknown anchor") { // the name of the anchor can be a secret
		wrong = noAliases
	}
	f.add(brokenLine(text, err), "%s", wrong)
}

// brokenLine returns the number of lines with which the YAML parser first fails as it does with the whole text. The error often
// has another line, that of the start of the list or the mapping, or none.
func brokenLine(text []byte, failed error) int {
	fails := func(lines int) bool {
		return parseAll(bytes.NewReader(firstLines(text, lines))).Error() == failed.Error()
	}
	reader := &lineReader{text}
	_ = parseAll(reader) // it fails again
	// The parser reads little more than it needs, so first try with one line less.
	last, step := 1+bytes.Count(text[:len(text)-len(reader.rest)-1], []byte("\n")), 1
	for ; last > step && fails(last-step); step *= 2 {
		last -= step
	}
	first := max(last-step, 0) + 1
	return first + sort.Search(last-first, func(i int) bool { return fails(first + i) })
}

// parseAll parses until the first error, such as io.EOF.
func parseAll(r io.Reader) (err error) {
	for decoder := yaml.NewDecoder(r); err == nil; {
		err = decoder.Decode(new(yaml.Node))
	}
	return err
}

func firstLines(text []byte, n int) []byte {
	end := 0
	for range n {
		end += cmp.Or(bytes.IndexByte(text[end:], '\n')+1, len(text)-end)
	}
	return text[:end]
}

// lineReader reads at most one line at a time.
type lineReader struct{ rest []byte }

func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, firstLines(r.rest, 1))
	r.rest = r.rest[n:]
	return n, nil
}
