package cli_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// The transcript in README is what the program prints on a terminal, but for the ids and the address.
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
		s, err := openScreen(command)
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
	ids := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
	bar := regexp.MustCompile(`\rchanging[^\n]*\r`)
	shown := bar.ReplaceAllString(got.String(), "")
	shown = strings.ReplaceAll(ids.ReplaceAllString(shown, "ID"), o.address, "127.0.0.1:8080")
	if want := ids.ReplaceAllString(transcript, "ID"); len(commands) < 5 || shown != want {
		t.Errorf("the terminal shows\n%s\nREADME has\n%s", shown, want)
	}
}
