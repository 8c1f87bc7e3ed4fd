package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
)

// What is cut is as wide as it may be, or one less where a wide character does not fit, and no character is split.
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
		if got := cut(c.text, c.width); got != c.want || uniseg.StringWidth(got) > c.width {
			t.Errorf("%q in %d columns is %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

// A row that comes after the widths are known takes the room that is left, and is one line too.
func TestALateWideRowIsCutToTheTerminal(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	var out bytes.Buffer
	rows := &table{console: &console{out: &out}, header: []string{"ID", numberHeader, "AGENT"}, columns: true, most: 30}
	var err error
	for range rowsForWidths {
		err = errors.Join(err, rows.row("id", "+14155550100", ""))
	}
	err = errors.Join(err,
		rows.row("id", "+14155550101", "agent_12345"),
		rows.row("id", "+14155550102", "agent_1234567"),
		rows.row("id", "support-line-for-everybody", "agent_1"),
		rows.row("id", "support-line-for-everybody-and-more", "agent_1"))
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
