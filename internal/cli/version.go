package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  arguments.None,
		RunE:  printVersion,
	}
}

func printVersion(c *cobra.Command, _ []string) error {
	b := readBuild()
	if t := arguments.ConsoleOf(c); t.JSON {
		return t.Document(b)
	}
	fmt.Fprintln(c.OutOrStdout(), "phonenumbers", b)
	return nil
}

// build is what the Go toolchain has recorded in the binary.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
}

func (b build) String() string {
	return strings.Join(slices.DeleteFunc([]string{b.Version, b.Commit, b.Go}, func(part string) bool { return part == "" }), " ")
}

func readBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build{Version: "unknown", Go: runtime.Version()}
	}
	b := build{Version: info.Main.Version, Go: info.GoVersion}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Commit = s.Value
		}
	}
	return b
}
