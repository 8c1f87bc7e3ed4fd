package account

import (
	"cmp"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/printable"
	"github.com/vogent-community/phonenumbers/internal/profiles"
)

func profilesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "profiles",
		Short: "List the profiles, without their keys",
		Long: `List the names and addresses of the profiles, without their keys, and show which profile is in use.

Without --profile, commands use the profile named in PHONENUMBERS_PROFILE, or else the profile named
"default". While VOGENT_API_KEY is set, they use no profile.`,
		Args:              arguments.None,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			_, kept, err := keptProfiles()
			if err != nil {
				return err
			}
			return showProfiles(arguments.ConsoleOf(c), kept)
		},
	}
}

func showProfiles(t *console.Console, kept profiles.Profiles) error {
	chosen := os.Getenv(profileVariable)
	used := cmp.Or(chosen, profiles.Default)
	_, found := kept[used]
	switch {
	case os.Getenv(keyVariable) != "":
		used = ""
		t.Note("phonenumbers: %s is set, so no profile is in use", keyVariable)
	case chosen != "" && !found:
		t.Note("phonenumbers: %s names a profile that does not exist, so none is in use", profileVariable)
	}
	type row struct {
		Name    string `json:"name"`
		BaseURL string `json:"baseUrl"`
		InUse   bool   `json:"inUse"`
	}
	rows := []row{}
	table := t.Table("NAME", "BASE URL", "IN USE")
	for _, name := range kept.Names() {
		rows = append(rows, row{name, kept[name].BaseURL, name == used})
	}
	if t.JSON {
		return t.Document(rows)
	}
	if len(rows) == 0 && console.IsTerminal(t.Out) {
		t.Note("no profiles; run 'phonenumbers login' to create one")
		return nil
	}
	for _, r := range rows {
		inUse := ""
		if r.InUse {
			inUse = "yes"
		}
		if err := table.Row(r.Name, r.BaseURL, inUse); err != nil {
			return err
		}
	}
	return table.End()
}

// keptProfiles reads the profiles of the user.
func keptProfiles() (path string, kept profiles.Profiles, err error) {
	if path, err = profiles.Path(); err != nil {
		return "", nil, err
	}
	kept, err = profiles.Read(path)
	return path, kept, err
}

// without returns the error text for a profile that does not exist. It does not quote the name, which may be a key.
func without(p profiles.Profiles, name string) string {
	text := "there is no profile " + profiles.Default
	if name != "" {
		text = "--profile or " + profileVariable + " names a profile that does not exist"
	}
	if len(p) == 0 {
		return text + "; run 'phonenumbers login' to create one"
	}
	return text + "; your profiles are: " + strings.Join(p.Names(), ", ")
}

func completeProfiles(*cobra.Command, []string, string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
	_, kept, _ := keptProfiles() // after an error, there is nothing to offer
	for _, name := range kept.Names() {
		found = append(found, cobra.CompletionWithDesc(name, printable.Text(kept[name].BaseURL)))
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}
