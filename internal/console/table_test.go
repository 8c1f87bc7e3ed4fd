package console

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
)

// A text that is cut is as wide as it may be, or one column less if a wide character does not fit. No character is split.
func TestWhatIsCutKeepsWholeCharacters(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"agent", 5, "agent"},
		{"agents", 5, "agen…"},
		{"agent", 1, "…"},
		{"東京", 4, "東京"},
		{"東京", 3, "東…"},
		{"東京", 2, "…"},
		{"a東京", 3, "a…"},
		{"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"🇩🇪🇫🇷", 3, "🇩🇪…"},
		{"", 1, ""},
	} {
		got := cut(c.text, c.width)
		if got != c.want {
			t.Errorf("%q in %d columns is %q; want %q", c.text, c.width, got, c.want)
		}
		if width := uniseg.StringWidth(got); width > c.width {
			t.Errorf("%q has %d columns; want %d or fewer", got, width, c.width)
		}
	}
}

// A row that comes after the widths are fixed uses the room that is left, and is also a single line.
func TestALateWideRowIsCutToTheTerminal(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	var out bytes.Buffer
	rows := &Table{out: &out, header: []string{"ID", NumberHeader, "AGENT"}, columns: true, most: 30}
	var err error
	for range rowsForWidths {
		err = errors.Join(err, rows.Row("id", "+14155550100", ""))
	}
	err = errors.Join(err,
		rows.Row("id", "+14155550101", "agent_12345"),
		rows.Row("id", "+14155550102", "agent_1234567"),
		rows.Row("id", "support-line-for-everybody", "agent_1"),
		rows.Row("id", "support-line-for-everybody-and-more", "agent_1"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(out.String(), "\n")
	got := lines[0] + strings.Join(lines[rowsForWidths:], "")
	const want = `ID  NUMBER        AGENT
id  +14155550100  -
id  +14155550101  agent_12345
id  +14155550102  agent_12345…
… support-line-for-everybody …
… support-line-for-everybod… …
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// Text from a server cannot control the terminal or add rows.
func TestATableHasNoControlCharacters(t *testing.T) {
	var out bytes.Buffer
	rows := (&Console{Out: &out}).Table("A", "B")
	if err := errors.Join(rows.Row("a\x1b[31m\tb\nc\r", "\u202eevil\u0085\u200b\u2028\u2066\u00ad"), rows.End()); err != nil {
		t.Fatal(err)
	}
	if want := "a\ufffd[31m\ufffdb\ufffdc\ufffd\t\ufffdevil\ufffd\ufffd\ufffd\ufffd\ufffd\n"; out.String() != want {
		t.Errorf("got %q; want %q", out.String(), want)
	}
}
