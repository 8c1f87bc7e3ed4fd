// Package texts makes texts that follow the rules of a string in openapi.yaml.
package texts

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// Maker makes texts that follow the rules of a string. No library for this deliberately makes texts of the minimum and the
// maximum length, and rules often go wrong there.
type Maker struct {
	Min, Max int // lengths
	Shortest int // the length of the shortest text that matches the pattern

	tree     *syntax.Regexp
	compiled *regexp.Regexp
}

const (
	longest  = 300 // the maximum length of a text without maxLength
	attempts = 50  // how often to try to match both the pattern and the length
)

// New returns a Maker for the rules of schema.
func New(schema *openapi3.Schema) *Maker {
	pattern := schema.Pattern
	if pattern == "" {
		pattern = `^[A-Za-z0-9 _.~-]*$`
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		panic("texts: pattern " + pattern + ": " + err.Error())
	}
	t := &Maker{tree: tree, compiled: regexp.MustCompile(pattern), Min: int(schema.MinLength), Max: longest} //nolint:gosec // a length
	if schema.MaxLength != nil {
		t.Max = int(*schema.MaxLength) //nolint:gosec // a length
	}
	t.Shortest = shortest(tree)
	return t
}

// Make makes a text of about this length that follows all rules. ok is false if it found none.
func (t *Maker) Make(r *rand.Rand, length int) (s string, ok bool) {
	for range attempts {
		extra := max(0, length-t.Shortest)
		s = write(r, t.tree, &extra)
		if n := utf8.RuneCountInString(s); n >= t.Min && n <= t.Max && t.compiled.MatchString(s) {
			return s, true
		}
	}
	return "", false
}

// Exactly makes a text of exactly this length that matches the pattern. ok is false if it found none.
func (t *Maker) Exactly(r *rand.Rand, length int) (s string, ok bool) {
	for range 10 * attempts {
		extra := max(0, length-t.Shortest)
		if s = write(r, t.tree, &extra); utf8.RuneCountInString(s) == length && t.compiled.MatchString(s) {
			return s, true
		}
	}
	return "", false
}

// Matches reports whether a text matches the pattern.
func (t *Maker) Matches(s string) bool { return t.compiled.MatchString(s) }

func shortest(re *syntax.Regexp) (n int) {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		for _, sub := range re.Sub {
			n += shortest(sub)
		}
	case syntax.OpRepeat:
		return re.Min * shortest(re.Sub[0])
	case syntax.OpAlternate:
		n = shortest(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			n = min(n, shortest(sub))
		}
	default: // an anchor, or a part that can be empty
	}
	return n
}

// write makes a text that matches re, with up to *extra characters more than necessary.
func write(r *rand.Rand, re *syntax.Regexp, extra *int) string {
	var b strings.Builder
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		i := 2 * r.IntN(len(re.Rune)/2)
		return string(re.Rune[i] + r.Int32N(re.Rune[i+1]-re.Rune[i]+1))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return string(' ' + r.Int32N('~'-' '+1))
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			b.WriteString(write(r, sub, extra))
		}
	case syntax.OpAlternate:
		fitting := slices.DeleteFunc(slices.Clone(re.Sub), func(sub *syntax.Regexp) bool { return shortest(sub)-shortest(re) > *extra })
		chosen := fitting[r.IntN(len(fitting))]
		*extra -= shortest(chosen) - shortest(re)
		return write(r, chosen, extra)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		for range times(r, re, extra) {
			b.WriteString(write(r, re.Sub[0], extra))
		}
	default: // an anchor
	}
	return b.String()
}

// times chooses how often to repeat a part, and subtracts the characters that this adds from *extra.
func times(r *rand.Rand, re *syntax.Regexp, extra *int) int {
	unit := max(1, shortest(re.Sub[0]))
	least, more := 0, *extra/unit
	switch re.Op {
	case syntax.OpPlus:
		least = 1
	case syntax.OpQuest:
		more = min(more, 1)
	case syntax.OpRepeat:
		least = re.Min
		if re.Max >= 0 {
			more = min(more, re.Max-re.Min)
		}
	default:
	}
	if more > 0 && r.IntN(2) == 0 {
		more = r.IntN(more + 1)
	}
	*extra -= more * unit
	return least + more
}
