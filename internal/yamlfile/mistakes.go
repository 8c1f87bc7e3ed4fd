package yamlfile

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/printable"
)

// Mistakes are what is wrong with a file, with the line of each.
type Mistakes struct {
	Head string // what Error says first, such as the name of the file
	all  []mistake
}

// mistake is one mistake. The line is 0 if it is not known.
type mistake struct {
	line          int
	pointer, text string // a JSON pointer (RFC 6901) into the file, and what is wrong there
}

// Add adds a mistake. pointer is a JSON pointer (RFC 6901) into the file, and line is 0 if it is not known.
func (m *Mistakes) Add(line int, pointer, format string, args ...any) {
	m.all = append(m.all, mistake{line, pointer, printable.Text(fmt.Sprintf(format, args...))})
}

// Len returns how many mistakes there are.
func (m *Mistakes) Len() int { return len(m.all) }

// Sort sorts the mistakes by line.
func (m *Mistakes) Sort() {
	slices.SortStableFunc(m.all, func(a, b mistake) int { return cmp.Compare(a.line, b.line) })
}

// Error returns one line if there is one mistake. Otherwise each mistake has its own line, because a text can contain
// semicolons. It lists only as many mistakes as a terminal shows without scrolling.
func (m *Mistakes) Error() string {
	const most = 20
	if len(m.all) == 1 {
		return m.Head + ": " + m.all[0].String()
	}
	lines := []string{fmt.Sprintf("%s: %d mistakes:", m.Head, len(m.all))}
	for _, each := range m.all[:min(len(m.all), most)] {
		lines = append(lines, "  "+each.String())
	}
	if more := len(m.all) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	}
	return strings.Join(lines, "\n")
}

func (m mistake) String() string {
	if m.line == 0 {
		return m.text
	}
	return fmt.Sprintf("line %d: %s", m.line, m.text)
}

// Fields returns all mistakes, with pointers into the file.
func (m *Mistakes) Fields() []api.ProblemField {
	fields := make([]api.ProblemField, len(m.all))
	for i, each := range m.all {
		fields[i] = api.ProblemField{Pointer: each.pointer, Detail: each.String()}
	}
	return fields
}

// yamlPrefix matches what the YAML parser writes before an error.
var yamlPrefix = regexp.MustCompile(`^yaml: (line [0-9]+: )?`)

// broken adds the mistake for an error of the YAML parser.
func (f *file) broken(text []byte, err error) {
	wrong := yamlPrefix.ReplaceAllString(err.Error(), "")
	if strings.HasPrefix(wrong, "unknown anchor") { // the name of the anchor can be a secret
		wrong = noAliases
	}
	f.Add(brokenLine(text, err), "", "%s", wrong)
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
