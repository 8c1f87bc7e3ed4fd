package cli

import (
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/cli/numberfile"
)

// A flag counts anywhere on the command line, even after a mistake. A value that is neither true nor false leaves --json off,
// but turns --exit-code on: an exit code of 2 must not be mistaken for changes.
func TestAFlagIsSeenAnywhereOnTheCommandLine(t *testing.T) {
	for line, want := range map[string]bool{
		"":                     false,
		"list":                 false,
		"--json list":          true,
		"list --nope --json":   true,
		"list --json=false":    false,
		"list --json=true":     true,
		"list --json=perhaps":  false,
		"list -- --json":       false,
		"list --json --json=0": false,
		"list --jsonx":         false,
	} {
		if got := wants(strings.Fields(line), arguments.JSONFlag, false); got != want {
			t.Errorf("%q: got %t; want %t", line, got, want)
		}
		line = strings.ReplaceAll(line, "--json", "--exit-code")
		want = want || strings.Contains(line, "=perhaps")
		if got := wants(strings.Fields(line), numberfile.ExitCodeFlag, true); got != want {
			t.Errorf("%q: got %t; want %t", line, got, want)
		}
	}
}
