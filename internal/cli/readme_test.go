package cli_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The transcript in README is what the program prints on a terminal, but for the ids and the address.
// With -update it becomes that, and keeps its ids.
func TestTheTranscriptInREADMEIsReal(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readme), "## Manage numbers from a terminal\n")
	_, transcript, hasTranscript := strings.Cut(section, "```console\n")
	transcript, _, ends := strings.Cut(transcript, "```\n")
	if !found || !hasTranscript || !ends {
		t.Fatal("README has no transcript")
	}
	o := newOwner(t, ":memory:", 0)
	var got strings.Builder
	commands := strings.Split(transcript, "$ ")[1:]
	for _, entry := range commands {
		line, output, _ := strings.Cut(entry, "\n")
		command := exec.CommandContext(t.Context(), "sh", "-c", line)
		command.Dir, command.Env = o.dir, append(o.environ(), "NO_COLOR=1")
		s, err := openScreen(command, usualWidth)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(output, "[y/N] y\n") {
			if err := s.play("expect [y/N]\ntype y\n"); err != nil {
				t.Error(err)
			}
		}
		s.end()
		got.WriteString("$ " + line + "\n" + s.shown())
	}
	bar := regexp.MustCompile(`\rchanging[^\n]*\r`)
	shown := strings.ReplaceAll(bar.ReplaceAllString(got.String(), ""), o.address, "127.0.0.1:8080")
	shownIDs, ids := idsIn(shown), idsIn(transcript)
	if len(commands) < 5 || len(shownIDs) != len(ids) {
		t.Fatalf("the terminal shows %d commands and %d ids, README has %d ids\n%s", len(commands), len(shownIDs), len(ids), shown)
	}
	for i, id := range shownIDs {
		shown = strings.ReplaceAll(shown, id, ids[i])
	}
	switch {
	case shown == transcript:
	case *update:
		text := strings.Replace(string(readme), transcript, shown, 1)
		if err := os.WriteFile("../../README.md", []byte(text), 0o644); err != nil { //nolint:gosec // for everyone to read
			t.Fatal(err)
		}
	default:
		t.Errorf("README does not show what the terminal shows; run go test ./internal/cli -run README -update, "+
			"and look at the change\nthe terminal shows\n%s", shown)
	}
}

// idsIn are the ids in a text, each once, in order.
func idsIn(text string) (ids []string) {
	for _, id := range regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`).FindAllString(text, -1) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
