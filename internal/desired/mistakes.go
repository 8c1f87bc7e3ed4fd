package desired

import (
	"strings"

	"github.com/vogent-community/phonenumbers/internal/yamlfile"
)

// Mistakes are what is wrong with a file of numbers.
type Mistakes struct {
	yamlfile.Mistakes

	NotFound bool // whether the server does not have one of the numbers
}

func newMistakes(file string) Mistakes {
	return Mistakes{Mistakes: yamlfile.Mistakes{Head: "nothing was changed: " + file}}
}

// orNil returns m with its mistakes sorted by line, or nil if there are none.
func (m *Mistakes) orNil() error {
	if m.Len() == 0 {
		return nil
	}
	m.Sort()
	return m
}

// member returns the pointer to a member of the object at pointer.
func member(pointer, name string) string {
	return pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
