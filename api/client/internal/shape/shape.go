// Package shape checks that a JSON body has the members that an OpenAPI document requires.
package shape

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Shape is what a JSON value must have. It has the rules that encoding/json does not check: which members are
// required, and which values may be null. A Go struct cannot tell a missing member from one that is empty or
// null.
type Shape struct {
	Nullable bool
	Filled   bool     // whether a string must not be empty
	Items    *Shape   // of an array
	Members  []Member // of an object, at most 64
}

// Member is a member of an object.
type Member struct {
	Name     string
	Required bool
	Shape    *Shape
}

// Check returns an error that says where body differs from the shape. encoding/json must have decoded body already.
// Check ignores members that the shape does not know.
func (s *Shape) Check(body []byte) error {
	w := walk{body: body}
	w.space()
	if f := w.value(s, true); f != nil {
		return f
	}
	return nil
}

// flaw is what is wrong with a body, and where.
type flaw struct {
	path []string // from the inside out
	why  string
}

// Error says where the flaw is, such as data/0/id.
func (f *flaw) Error() string {
	if len(f.path) == 0 {
		return "it " + f.why
	}
	var b strings.Builder
	for i := len(f.path) - 1; i >= 0; i-- {
		b.WriteString(f.path[i])
		if i > 0 {
			b.WriteByte('/')
		}
	}
	if f.why == missing {
		return missing + ": " + b.String()
	}
	return b.String() + " " + f.why
}

const missing = "a required member is missing"

func (f *flaw) in(name string) *flaw {
	f.path = append(f.path, name)
	return f
}

// walk goes through a body once. The body is valid JSON, so each value ends before the body does.
type walk struct {
	body []byte
	at   int
}

// value reads the value that begins here. A member that is not required may be null.
func (w *walk) value(s *Shape, required bool) *flaw {
	switch c := w.body[w.at]; {
	case c == 'n':
		w.skip()
		if required && !s.Nullable {
			return &flaw{why: "is null"}
		}
	case s.Members != nil:
		if c != '{' {
			return &flaw{why: "is not an object"}
		}
		return w.object(s)
	case s.Items != nil:
		if c != '[' {
			return &flaw{why: "is not an array"}
		}
		return w.array(s)
	case s.Filled && c == '"':
		if len(w.text()) == 0 {
			return &flaw{why: "is empty"}
		}
	default:
		w.skip()
	}
	return nil
}

func (w *walk) array(s *Shape) *flaw {
	for i := -1; ; {
		switch w.body[w.at] {
		case ']':
			w.at++
			return nil
		case '[', ',':
			w.at++
			i++
		default:
			if f := w.value(s.Items, true); f != nil {
				return f.in(strconv.Itoa(i))
			}
		}
		w.space()
	}
}

func (w *walk) object(s *Shape) *flaw {
	var seen uint64 // a bit for each member
	for next := 0; ; {
		switch w.body[w.at] {
		case '}':
			w.at++
			for i := range s.Members {
				if s.Members[i].Required && seen>>i&1 == 0 {
					return (&flaw{why: missing}).in(s.Members[i].Name)
				}
			}
			return nil
		case '{', ',':
			w.at++
		default:
			name := w.text()
			w.space()
			w.at++ // the colon
			w.space()
			i, f := s.find(name, next)
			if f != nil {
				return f
			}
			if i < 0 {
				w.skip()
				break
			}
			if f := w.value(s.Members[i].Shape, s.Members[i].Required); f != nil {
				return f.in(s.Members[i].Name)
			}
			seen |= 1 << i
			next = i + 1
		}
		w.space()
	}
}

// find returns the index of the member with this name, or -1. The name is the text between the quotes, with its
// escapes. Most often it is the next member.
func (s *Shape) find(name []byte, next int) (int, *flaw) {
	for n := range s.Members {
		if i := (next + n) % len(s.Members); string(name) == s.Members[i].Name {
			return i, nil
		}
	}
	text := string(name)
	if bytes.IndexByte(name, '\\') >= 0 {
		_ = json.Unmarshal(fmt.Appendf(nil, `"%s"`, name), &text) // it is valid
	}
	for i := range s.Members {
		switch known := s.Members[i].Name; {
		case text == known:
			return i, nil
		case strings.EqualFold(text, known): // encoding/json accepts one for the other
			return 0, (&flaw{why: "must be named " + known + "; names are case-sensitive"}).in(text)
		}
	}
	return -1, nil
}

// skip moves past the value that begins here.
func (w *walk) skip() {
	for depth := 0; w.at < len(w.body); {
		switch w.body[w.at] {
		case '"':
			w.text()
		case '{', '[':
			depth++
			w.at++
		case '}', ']':
			depth--
			w.at++
		case ',', ':', ' ', '\t', '\r', '\n':
			w.at++
			continue // this does not end a value
		default: // a number, true, false or null
			for w.at < len(w.body) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(w.body[w.at])) {
				w.at++
			}
		}
		if depth == 0 {
			return
		}
	}
}

// text moves past the string that begins here, and returns the text between its quotes, with its escapes.
func (w *walk) text() []byte {
	start := w.at + 1
	for end := start; ; end++ {
		end += bytes.IndexByte(w.body[end:], '"')
		escapes := 0
		for w.body[end-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			w.at = end + 1
			return w.body[start:end]
		}
	}
}

func (w *walk) space() {
	for w.at < len(w.body) && (w.body[w.at] == ' ' || w.body[w.at] == '\n' || w.body[w.at] == '\t' || w.body[w.at] == '\r') {
		w.at++
	}
}
