package phonenumbers_test

import (
	"fmt"
	"os"
	"regexp"
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

// A path in backquotes is that of a file or a folder, unless "(new)" follows.
func TestTheFilesThatTheDocumentsNameAreThere(t *testing.T) {
	paths := regexp.MustCompile("`(\\.?\\w[\\w.-]*(?:/[\\w.-]+)+|\\w+\\.(?:go|md|yaml|sql|txtar))`( \\(new\\))?")
	for name, atLeast := range map[string]int{"CONTRIBUTING.md": 30, "VERSIONING.md": 7} {
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

func TestTheTargetsThatTheDocumentsNameAreInTheMakefile(t *testing.T) {
	makefile, targets := read(t, "Makefile"), regexp.MustCompile("(?m)(?:`|^)make ([a-z-]+)")
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "VERSIONING.md"} {
		found := targets.FindAllStringSubmatch(read(t, name), -1)
		for _, match := range found {
			if !strings.Contains(makefile, "\n"+match[1]+":") {
				t.Errorf("%s names make %s, which the Makefile does not have", name, match[1])
			}
		}
		if len(found) == 0 {
			t.Errorf("found no target in %s", name)
		}
	}
}

// The go line of go.mod is what users need at least.
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

func TestREADMEHasEveryInternalPackage(t *testing.T) {
	_, listed, _ := strings.Cut(read(t, "README.md"), "\ninternal/\n")
	entries, err := os.ReadDir("internal")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() && !strings.Contains("\n"+listed, "\n  "+entry.Name()+"/") {
			t.Errorf("README.md has no line for internal/%s under \"Where things are\"; write one", entry.Name())
		}
	}
}
