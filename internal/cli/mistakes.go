package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vogent-community/phonenumbers/api"
)

// mistakes are what is wrong with a file of numbers: the first few, by line, and how many there are.
type mistakes struct {
	file  string
	code  int // the exit code
	first []mistake
	count int
}

// mistake is one of them. The line is 0 where it is not known.
type mistake struct {
	line          int
	pointer, text string // a JSON pointer (RFC 6901) into the file, and what is wrong there
}

// mostMistakes is how many are told: as many as a terminal shows without scrolling.
const mostMistakes = 20

func (m *mistakes) add(line int, pointer, format string, args ...any) {
	m.count++
	m.first = append(m.first, mistake{line, pointer, printable(fmt.Sprintf(format, args...))})
	slices.SortStableFunc(m.first, func(a, b mistake) int { return cmp.Compare(a.line, b.line) })
	m.first = m.first[:min(len(m.first), mostMistakes)]
}

// orNil is the error, if there is a mistake.
func (m *mistakes) orNil() error {
	if m.count == 0 {
		return nil
	}
	return m
}

// Error is one line for one mistake. Several have a line each, as each text has a semicolon of its own.
func (m *mistakes) Error() string {
	head := m.file + ", nothing is changed: "
	if m.count == 1 {
		return head + m.first[0].String()
	}
	lines := []string{fmt.Sprintf("%s%d mistakes:", head, m.count)}
	for _, each := range m.first {
		lines = append(lines, "  "+each.String())
	}
	if more := m.count - len(m.first); more > 0 {
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

// fields are the mistakes as --json prints them.
func (m *mistakes) fields() []api.ProblemField {
	fields := make([]api.ProblemField, len(m.first))
	for i, each := range m.first {
		fields[i] = api.ProblemField{Pointer: each.pointer, Detail: each.String()}
	}
	return fields
}

// member is the pointer to a member of what pointer points to.
func member(pointer, name string) string {
	return pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
