package console

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/rivo/uniseg"
	"golang.org/x/term"

	"github.com/vogent-community/phonenumbers/internal/printable"
)

// Table prints rows as they come. On a terminal, it prints columns under a header, and cuts each row to one line. Elsewhere, it
// prints tabs between the cells, so that cut and awk can read them.
type Table struct {
	Held  bool                     // whether to print nothing before End, because there may be a progress bar on the terminal
	Color func(cell string) string // the color of a cell in the first column; nil for no colors

	out     io.Writer
	header  []string
	columns bool
	most    int        // the maximum width of a line; 0 if it is not known
	waiting [][]string // the first rows, which determine the widths
	widths  []int      // nil until the first rows are printed
}

// NumberHeader is the header of the column that is cut last.
const NumberHeader = "NUMBER"

// rowsForWidths is how many rows a table holds back to determine the widths of its columns.
const rowsForWidths = 100

// Table starts a table.
func (t *Console) Table(header ...string) *Table {
	rows := &Table{out: t.Out, header: header}
	var fd int
	if fd, rows.columns = terminal(t.Out); rows.columns {
		rows.most, _, _ = term.GetSize(fd) // 0 if the terminal does not know it
	}
	return rows
}

// Row prints a row, or holds it back until the widths are known.
func (t *Table) Row(cells ...string) error {
	for i, cell := range cells {
		cells[i] = printable.Text(cell)
	}
	switch {
	case !t.columns:
		_, err := fmt.Fprintln(t.out, strings.Join(cells, "\t"))
		return err
	case t.widths != nil:
		return t.line(cells, t.color)
	}
	if t.waiting = append(t.waiting, cells); t.Held || len(t.waiting) < rowsForWidths {
		return nil
	}
	return t.End()
}

// End prints the rows that are still held back.
func (t *Table) End() error {
	if !t.columns || t.widths != nil {
		return nil
	}
	t.widths = make([]int, len(t.header))
	for _, cells := range append([][]string{t.header}, t.waiting...) {
		for i, cell := range cells {
			t.widths[i] = max(t.widths[i], uniseg.StringWidth(shown(cell)))
		}
	}
	if err := t.line(t.header, func(int, string) string { return bold }); err != nil {
		return err
	}
	for _, cells := range t.waiting {
		if err := t.line(cells, t.color); err != nil {
			return err
		}
	}
	t.waiting = nil
	return nil
}

// The colors, as ECMA-48 numbers them for SGR.
const (
	bold   = "1"
	Red    = "31"
	Green  = "32"
	Yellow = "33"
)

// color returns the color of a cell.
func (t *Table) color(column int, cell string) string {
	if column > 0 || t.Color == nil {
		return ""
	}
	return t.Color(cell)
}

// line prints a line of a table on a terminal.
func (t *Table) line(cells []string, color func(column int, cell string) string) error {
	colored := os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	widths, gap := t.fit(cells)
	var b strings.Builder
	for i, cell := range cells {
		text := cut(shown(cell), widths[i])
		if sgr := color(i, cell); colored && sgr != "" {
			fmt.Fprintf(&b, "\x1b[%sm%s\x1b[0m", sgr, text)
		} else {
			b.WriteString(text)
		}
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", widths[i]-uniseg.StringWidth(text)+gap))
		}
	}
	b.WriteByte('\n')
	_, err := t.out.Write([]byte(b.String()))
	return err
}

// shown returns a cell as a terminal shows it.
func shown(cell string) string {
	if cell == "" {
		return "-"
	}
	return cell
}

// fit returns the widths of the columns of a line and the gap between them, so that the line fits the terminal. It cuts the
// widest columns first, then the gap, and the numbers last, because they distinguish the rows. A cell after the first rows can
// be wider than its column; it then moves the other cells of its line.
func (t *Table) fit(cells []string) (widths []int, gap int) {
	gap = 2
	widths = make([]int, len(cells))
	left := t.most - gap*(len(cells)-1)
	for i, cell := range cells {
		widths[i] = max(t.widths[i], uniseg.StringWidth(shown(cell)))
		left -= widths[i]
	}
	if t.most == 0 {
		return widths, gap
	}
	for left < 0 {
		widest := -1
		for i, width := range widths {
			if t.header[i] != NumberHeader && width > 1 && (widest < 0 || width > widths[widest]) {
				widest = i
			}
		}
		number := slices.Index(t.header, NumberHeader)
		switch {
		case widest >= 0:
			widths[widest]--
			left++
		case gap == 2 && len(cells) > 1:
			gap--
			left += len(cells) - 1
		case number >= 0 && widths[number] > 1:
			widths[number]--
			left++
		default:
			return widths, gap
		}
	}
	return widths, gap
}

// cut cuts a text to a width and adds an ellipsis. It does not split what a person sees as one character.
func cut(text string, width int) string {
	if uniseg.StringWidth(text) <= width {
		return text
	}
	var b strings.Builder
	left := width - 1 // without the ellipsis
	for state := -1; text != ""; {
		var character string
		var wide int
		character, text, wide, state = uniseg.FirstGraphemeClusterInString(text, state)
		if left -= wide; left < 0 {
			break
		}
		b.WriteString(character)
	}
	return b.String() + "…"
}
