package desired

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/printable"
	"github.com/vogent-community/phonenumbers/internal/yamlfile"
)

// Mistakes are what is wrong with a file of numbers.
type Mistakes struct {
	file string
	all  []mistake

	NotFound bool // whether the server does not have one of the numbers
}

// mistake is one mistake. The line is 0 if it is not known.
type mistake struct {
	line          int
	pointer, text string // a JSON pointer (RFC 6901) into the file, and what is wrong there
}

func (m *Mistakes) add(line int, pointer, format string, args ...any) {
	m.all = append(m.all, mistake{line, pointer, printable.Text(fmt.Sprintf(format, args...))})
}

// orNil returns m with its mistakes sorted by line, or nil if there are none.
func (m *Mistakes) orNil() error {
	if len(m.all) == 0 {
		return nil
	}
	slices.SortStableFunc(m.all, func(a, b mistake) int { return cmp.Compare(a.line, b.line) })
	return m
}

// Error lists the mistakes.
func (m *Mistakes) Error() string {
	return yamlfile.Describe("nothing was changed: "+m.file+": ", m.all)
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

// member returns the pointer to a member of the object at pointer.
func member(pointer, name string) string {
	return pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
