package phonenumbers_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// documents returns the text of each Markdown file that people read.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			texts[name] = read(t, name)
		}
	}
	for _, name := range []string{"README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "VERSIONING.md", "docs/cli.md", "docs/client.md", "docs/contract.md", "docs/implement.md", "docs/server.md", "docs/testing.md"} {
		if texts[name] == "" {
			t.Errorf("there is no %s", name)
		}
	}
	return texts
}

// A path in backquotes is the path of a file or a folder, unless "(new)" follows.
func TestTheFilesThatTheDocumentsNameAreThere(t *testing.T) {
	paths := regexp.MustCompile("`(\\.?\\w[\\w.-]*(?:/[\\w.-]+)+|\\w+\\.(?:go|md|yaml|sql|txtar))`( \\(new\\))?")
	for name, atLeast := range map[string]int{"ARCHITECTURE.md": 25, "CONTRIBUTING.md": 30, "VERSIONING.md": 7} {
		found := 0
		for _, match := range paths.FindAllStringSubmatch(read(t, name), -1) {
			if _, err := os.Stat(match[1]); err != nil && match[2] == "" {
				t.Errorf("%s names %s, which is not there; correct the path", name, match[1])
			}
			found++
		}
		if found < atLeast {
			t.Errorf("found %d paths in %s, want %d or more", found, name, atLeast)
		}
	}
}

// A link to another file must lead to a file. If it has a fragment, the file must have that
// heading.
func TestTheLinksInTheDocumentsLeadSomewhere(t *testing.T) {
	links := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for name, text := range documents(t) {
		found := 0
		for _, match := range links.FindAllStringSubmatch(text, -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			found++
			path, fragment, _ := strings.Cut(match[1], "#")
			target := filepath.Join(filepath.Dir(name), path)
			if path == "" {
				target = name
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there; correct the link", name, match[1])
				continue
			}
			if fragment != "" && !slices.Contains(anchors(read(t, target)), fragment) {
				t.Errorf("%s links to %s, and %s has no such heading; correct the link", name, match[1], target)
			}
		}
		if found == 0 {
			t.Errorf("found no link in %s", name)
		}
	}
}

// anchors returns the fragments that lead to the headings of a document on GitHub.
func anchors(text string) (fragments []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		fragment := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		fragments = append(fragments, strings.ReplaceAll(fragment, " ", "-"))
	}
	return fragments
}

// The Go code in README and docs comes from an example, which is compiled and run.
func TestTheGoCodeInTheDocumentsIsThatOfAnExample(t *testing.T) {
	unindented := func(text string) string { return regexp.MustCompile(`(?m)^\t+`).ReplaceAllString(text, "") }
	examples := unindented(read(t, "api/client/example_test.go") + read(t, "api/server/example_test.go") + read(t, "api/apitest/example_test.go"))
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```")
	found := 0
	for name, text := range documents(t) {
		if name == "CONTRIBUTING.md" { // it shows code that does not exist yet
			continue
		}
		for _, block := range blocks.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(examples, unindented(block[1])) {
				t.Errorf("%s shows what no example runs:\n%s", name, block[1])
			}
			found++
		}
	}
	if found < 5 {
		t.Errorf("found %d blocks of Go code, want 5 or more", found)
	}
}

func TestTheTargetsThatTheDocumentsNameAreInTheMakefile(t *testing.T) {
	makefile, targets := read(t, "Makefile"), regexp.MustCompile("(?m)(?:`|^)make ([a-z-]+)")
	named := map[string]int{}
	for name, text := range documents(t) {
		found := targets.FindAllStringSubmatch(text, -1)
		for _, match := range found {
			if !strings.Contains(makefile, "\n"+match[1]+":") {
				t.Errorf("%s names make %s, which the Makefile does not have", name, match[1])
			}
		}
		named[name] = len(found)
	}
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "VERSIONING.md", "docs/contract.md"} {
		if named[name] == 0 {
			t.Errorf("found no target in %s", name)
		}
	}
}

// Users need at least the Go version in go.mod.
func TestTheSupportedGoReleasesAreTwoAndTheOlderIsThatOfGoMod(t *testing.T) {
	line := regexp.MustCompile(`(?m)^go (1\.(\d+))`).FindStringSubmatch(read(t, "go.mod"))
	older, err := strconv.Atoi(line[2])
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"VERSIONING.md": fmt.Sprintf("now Go 1.%d and Go 1.%d.", older, older+1),
		"README.md":     fmt.Sprintf("You need Go 1.%d or newer", older),
	} {
		if !strings.Contains(read(t, name), want) {
			t.Errorf("%s does not say %q, and go.mod has %q", name, want, line[0])
		}
	}
}

// The table in ARCHITECTURE.md lists each package once, and nothing else.
func TestTheMapHasEveryPackage(t *testing.T) {
	const module = "github.com/vogent-community/phonenumbers"
	output, err := exec.CommandContext(t.Context(), "go", "list", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(strings.ReplaceAll(strings.ReplaceAll(string(output), module+"/", ""), module+"\n", ".\n"))
	_, table, _ := strings.Cut(read(t, "ARCHITECTURE.md"), "| package |")
	table, _, _ = strings.Cut(table, "\n\n")
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(table, -1) {
		if slices.Contains(listed, row[1]) {
			t.Errorf("the table in ARCHITECTURE.md has two rows for %s; remove one", row[1])
		}
		if !slices.Contains(packages, row[1]) {
			t.Errorf("the table in ARCHITECTURE.md has %s, which is not a package; remove the row or correct it", row[1])
		}
		listed = append(listed, row[1])
	}
	tree := regexp.MustCompile(`── (\S+)`).FindAllStringSubmatch(read(t, "ARCHITECTURE.md"), -1)
	for _, line := range tree {
		if !slices.Contains(packages, line[1]) {
			t.Errorf("the tree in ARCHITECTURE.md has %s, which is not a package; correct it", line[1])
		}
	}
	if len(tree) < 10 {
		t.Errorf("found %d packages in the tree in ARCHITECTURE.md, want 10 or more", len(tree))
	}
	for _, name := range packages {
		if !slices.Contains(listed, name) {
			t.Errorf("the table in ARCHITECTURE.md has no row for %s; write one", name)
		}
	}
}

// README.md is short. Longer text belongs in docs.
func TestREADMEIsShort(t *testing.T) {
	const most = 150
	if got := strings.Count(read(t, "README.md"), "\n"); got > most {
		t.Errorf("README.md has %d lines, want %d or fewer; move some to a page in docs", got, most)
	}
}
