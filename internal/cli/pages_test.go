package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var transcripts = regexp.MustCompile("(?s)```console\n(.*?)```\n")

// pages returns README and the pages in docs.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(found, "../../README.md")
}

func readPage(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// needs skips a test if a program that it needs is missing. In CI, it fails the test.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", program)
	}
	t.Skipf("%s is missing: the documentation was not run", program)
}

// A transcript in README and the other pages is what the program prints on a terminal, except for the ids, the key and the
// address. With -update, the test rewrites the transcript, but keeps its ids.
func TestTheTranscriptsInTheDocsAreReal(t *testing.T) {
	t.Parallel()
	found := 0
	for _, page := range pages(t) {
		blocks := transcripts.FindAllStringSubmatch(readPage(t, page), -1)
		found += len(blocks)
		if len(blocks) == 0 {
			continue
		}
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			for _, block := range blocks {
				checkTranscript(t, page, block[1])
			}
		})
	}
	if found < 4 {
		t.Errorf("found %d transcripts, want 4 or more", found)
	}
}

func checkTranscript(t *testing.T, page, transcript string) {
	t.Helper()
	if strings.Contains(transcript, "curl ") {
		needs(t, "curl")
	}
	o := newOwner(t, ":memory:", 0)
	actual := strings.NewReplacer("127.0.0.1:8080", o.address, "pnk_...", o.key)
	var got strings.Builder
	for _, entry := range strings.Split("\n"+transcript, "\n$ ")[1:] {
		line, output, _ := strings.Cut(entry, "\n")
		// Each line runs in its own shell, so that the test answers only the prompt of this line. It gets the variables of the
		// previous lines.
		script := "set -a; [ ! -f .variables ] || . ./.variables\n" + actual.Replace(line) + "\nexport -p >.variables"
		command := exec.CommandContext(t.Context(), "sh", "-c", script)
		command.Dir, command.Env = o.dir, append(o.environ(), "NO_COLOR=1")
		s, err := openScreen(command, usualWidth)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(output, "[y/N] y") {
			if err := s.play("expect [y/N]\ntype y\n"); err != nil {
				t.Error(err)
			}
		}
		s.end()
		got.WriteString("$ " + line + "\n" + s.shown())
	}
	bar := regexp.MustCompile(`\rchanging[^\n]*\r`)
	shown := strings.ReplaceAll(bar.ReplaceAllString(got.String(), ""), "\r", "") // a header from curl ends with an extra \r
	shown = strings.NewReplacer(o.address, "127.0.0.1:8080", o.key, "pnk_...").Replace(shown)
	shownIDs, ids := idsIn(shown), idsIn(transcript)
	for i := range min(len(ids), len(shownIDs)) {
		shown = strings.ReplaceAll(shown, shownIDs[i], ids[i])
	}
	switch {
	case shown == transcript:
	case *update:
		text := strings.Replace(readPage(t, page), transcript, shown, 1)
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil { //nolint:gosec // everyone may read it
			t.Fatal(err)
		}
	default:
		t.Errorf("%s does not show what the terminal shows; run go test ./internal/cli -run Transcripts -update, "+
			"and look at the change\nthe terminal shows\n%s", page, shown)
	}
}

// idsIn returns the ids in a text, each once, in order.
func idsIn(text string) (ids []string) {
	for _, id := range regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`).FindAllString(text, -1) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// The lines for CI start a server and call it.
func TestTheLinesForCIInTheDocsRun(t *testing.T) {
	t.Parallel()
	scripts := regexp.MustCompile("(?s)```sh\n(phonenumbers sandbox .*?)```\n")
	for _, page := range []string{"../../README.md", "../../docs/testing.md"} {
		script := scripts.FindStringSubmatch(readPage(t, page))
		if script == nil {
			t.Errorf("%s has no lines that start a sandbox", page)
			continue
		}
		command := exec.CommandContext(t.Context(), "sh", "-euc", script[1])
		command.Dir, command.Env = t.TempDir(), plainEnviron()
		output, err := command.CombinedOutput()
		if err != nil || !strings.Contains(string(output), "+14155550100\n") {
			t.Errorf("the lines in %s end with %v and print %q; want no error and +14155550100 in it", page, err, output)
		}
	}
}

// The table of settings in docs/server.md lists each flag of serve with its variable and its default.
func TestTheSettingsInTheDocsAreThoseOfServe(t *testing.T) {
	t.Parallel()
	help, page := runProgram(t, t.TempDir(), "serve", "-h"), readPage(t, "../../docs/server.md")
	help = regexp.MustCompile(`\n {12,}`).ReplaceAllString(help, " ") // a wrapped description
	flags := regexp.MustCompile(`(?m)^ +(--[a-z-]+) .*\[\$(\w+)\]`)
	defaults := regexp.MustCompile(`\(default:? ([^()]+)\)`)
	rows := 0
	for _, flag := range flags.FindAllStringSubmatch(help, -1) {
		line := help[strings.Index(help, flag[0]):]
		line, _, _ = strings.Cut(line, "\n")
		value := defaults.FindStringSubmatch(line)
		if value == nil {
			t.Errorf("no default in %q", line)
			continue
		}
		if row := "| `" + flag[1] + "` | `" + flag[2] + "` | " + value[1] + " |\n"; !strings.Contains(page, row) {
			t.Errorf("docs/server.md lacks the row %q", row)
		}
		rows++
	}
	if rows == 0 {
		t.Error("found no flag with a default; want 1 or more")
	}
	if got := strings.Count(page, "\n| `--"); got != rows {
		t.Errorf("docs/server.md has %d settings; want %d", got, rows)
	}
}
