package phonenumbers_test

import (
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/control"
)

// The tests, the seed, the faults and the webhook in docs/testing.md are whole files, which other tests run.
func TestTheFilesInTheDocumentsAreWhole(t *testing.T) {
	page := read(t, "docs/testing.md")
	files := []string{
		"api/apitest/example_test.go",
		"examples/shell/support-line-test.sh",
		"examples/typescript/support-line.test.ts",
		"examples/sandbox/seed.yaml",
		"examples/sandbox/faults.yaml",
		"internal/sandbox/inbound/testdata/receiver.mjs",
	}
	for _, name := range files {
		text := read(t, name)
		if strings.HasSuffix(name, ".mjs") {
			_, text, _ = strings.Cut(text, "\n") // the first line describes the file
		}
		language := strings.TrimPrefix(strings.Replace(filepath.Ext(name), "mjs", "js", 1), ".")
		if !strings.Contains(page, "```"+language+"\n"+text+"```\n") {
			t.Errorf("docs/testing.md does not show %s as it is; copy it to the page", name)
		}
	}
	blocks := regexp.MustCompile("(?m)^```(?:go|ts|yaml|js)$").FindAllString(page, -1)
	if want := len(files) - 1; len(blocks) != want { // one of the files is a shell script, and there are other lines for a shell
		t.Errorf("docs/testing.md has %d blocks of code other than lines for a shell; want %d, those of the files", len(blocks), want)
	}
}

func TestThePackageCommentOfApitestHasTheTestOfTheDocuments(t *testing.T) {
	example := read(t, "api/apitest/example_test.go")
	comment, _, _ := strings.Cut(read(t, "api/apitest/apitest.go"), "\npackage apitest\n")
	want := example[strings.Index(example, "func TestSupportLine"):]
	if got := regexp.MustCompile(`(?m)^//[\t ]?`).ReplaceAllString(comment, ""); !strings.Contains(got, want) {
		t.Errorf("the package comment of api/apitest does not have this test of its example_test.go:\n%s", want)
	}
	const most = 40
	if got := strings.Count(example, "\n"); got >= most {
		t.Errorf("api/apitest/example_test.go has %d lines; want fewer than %d", got, most)
	}
}

// The tables in docs/testing.md have every member of a fault, and everything that a test can use of api/apitest.
func TestTheTablesOfTheDocumentsAboutTestingAreComplete(t *testing.T) {
	page := read(t, "docs/testing.md")
	row := regexp.MustCompile("(?m)^\\| (`.*?) \\|")
	var cells strings.Builder
	for _, match := range row.FindAllStringSubmatch(page, -1) {
		cells.WriteString(match[1])
	}
	names := []string{"/_control/reset", "/_control/seed", "/_control/requests", "/_control/faults", "/_control/calls"}
	for field := range reflect.TypeFor[control.Fault]().Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "fired" {
			names = append(names, name)
		}
	}
	functions := regexp.MustCompile(`(?m)^func (?:\(s \*Server\) )?([A-Z]\w+)\(`)
	for _, match := range functions.FindAllStringSubmatch(read(t, "api/apitest/apitest.go"), -1) {
		if match[1] != "NewServer" { // the text is about it
			names = append(names, match[1])
		}
	}
	if len(names) < 25 {
		t.Errorf("found %d names, want 25 or more", len(names))
	}
	for _, name := range names {
		if !regexp.MustCompile("[` ]" + regexp.QuoteMeta(name) + "`").MatchString(cells.String()) {
			t.Errorf("no table in docs/testing.md has a row for %s; write one", name)
		}
	}
}

// The versions of programs in the documents are those of package.json.
func TestTheDocumentsNameThePinnedVersions(t *testing.T) {
	pinned := read(t, "examples/typescript/package.json")
	commands := regexp.MustCompile(`npx ([\w-]+)@([\d.]+)`)
	for _, name := range []string{"docs/client.md", "docs/testing.md"} {
		found := commands.FindAllStringSubmatch(read(t, name), -1)
		if len(found) == 0 {
			t.Errorf("found no npx command in %s", name)
		}
		for _, match := range found {
			if want := `"` + match[1] + `": "` + match[2] + `"`; !strings.Contains(pinned, want) {
				t.Errorf("%s has %s, and examples/typescript/package.json does not have %s", name, match[0], want)
			}
		}
	}
}
