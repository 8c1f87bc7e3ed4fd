package cli

import (
	"fmt"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// table prints rows as they come: in columns under a header on a terminal, elsewhere with tabs between the cells, so that cut and
// awk can read them.
type table struct {
	*console
	header  []string
	columns bool
	waiting [][]string // the first rows, from which the widths follow
	widths  []int      // nil until the first rows are printed
}

// rowsForWidths is how many rows a table holds back to see how wide its columns are.
const rowsForWidths = 100

func (t *console) table(header ...string) *table {
	return &table{console: t, header: header, columns: isTerminal(t.out)}
}

func (t *table) row(cells ...string) error {
	for i, cell := range cells {
		cells[i] = printable(cell)
	}
	switch {
	case !t.columns:
		_, err := fmt.Fprintln(t.out, strings.Join(cells, "\t"))
		return err
	case t.widths != nil:
		return t.line(cells, t.colour)
	}
	if t.waiting = append(t.waiting, cells); len(t.waiting) < rowsForWidths {
		return nil
	}
	return t.end()
}

// end prints what is still held back.
func (t *table) end() error {
	if !t.columns || t.widths != nil {
		return nil
	}
	t.widths = make([]int, len(t.header))
	for _, cells := range append([][]string{t.header}, t.waiting...) {
		for i, cell := range cells {
			t.widths[i] = max(t.widths[i], utf8.RuneCountInString(cell))
		}
	}
	if err := t.line(t.header, func(int, string) string { return bold }); err != nil {
		return err
	}
	for _, cells := range t.waiting {
		if err := t.line(cells, t.colour); err != nil {
			return err
		}
	}
	t.waiting = nil
	return nil
}

// The colours, as ECMA-48 numbers them for SGR.
const (
	bold   = "1"
	red    = "31"
	green  = "32"
	yellow = "33"
)

// colour is that of a cell: what a plan takes away is red.
func (t *table) colour(column int, cell string) string {
	if column > 0 {
		return ""
	}
	return map[string]string{actionLink: green, actionUnlink: red, actionMove: yellow}[cell]
}

// line prints a line of a table on a terminal.
func (t *table) line(cells []string, colour func(column int, cell string) string) error {
	coloured := os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	var b strings.Builder
	for i, cell := range cells {
		if cell == "" {
			cell = "-"
		}
		if sgr := colour(i, cell); coloured && sgr != "" {
			fmt.Fprintf(&b, "\x1b[%sm%s\x1b[0m", sgr, cell)
		} else {
			b.WriteString(cell)
		}
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", max(t.widths[i]-utf8.RuneCountInString(cell), 0)+2))
		}
	}
	b.WriteByte('\n')
	_, err := t.out.Write([]byte(b.String()))
	return err
}

// printable replaces what would act on a terminal or break a row: a server can send anything.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
