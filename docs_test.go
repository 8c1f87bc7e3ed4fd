package phonenumbers_test

import (
	"os"
	"regexp"
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

// A path in backquotes is that of a file, unless "(new)" follows.
func TestTheFilesThatCONTRIBUTINGNamesAreThere(t *testing.T) {
	paths := regexp.MustCompile("`(\\.?\\w[\\w.-]*(?:/[\\w.-]+)+|\\w+\\.(?:go|md|yaml|sql|txtar))`( \\(new\\))?")
	found := 0
	for _, match := range paths.FindAllStringSubmatch(read(t, "CONTRIBUTING.md"), -1) {
		if _, err := os.Stat(match[1]); err != nil && match[2] == "" {
			t.Errorf("CONTRIBUTING.md names %s, which is not there; correct the path", match[1])
		}
		found++
	}
	if found < 30 {
		t.Errorf("found %d paths in CONTRIBUTING.md, want 30 or more", found)
	}
}

func TestTheTargetsThatTheDocumentsNameAreInTheMakefile(t *testing.T) {
	makefile, targets := read(t, "Makefile"), regexp.MustCompile("(?m)(?:`|^)make ([a-z-]+)")
	for _, name := range []string{"README.md", "CONTRIBUTING.md"} {
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
