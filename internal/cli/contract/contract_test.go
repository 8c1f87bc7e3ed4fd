// Package contract_test compares the commands with openapi.yaml. It is not in internal/cli because the packages that read
// openapi.yaml take 30 ms when a process starts, and the tests there start a thousand processes.
package contract_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vogent-community/phonenumbers/internal/cli"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// The commands follow openapi.yaml. Each command that calls the API, and each of its flags, has a command line here. A new one
// needs one line. The test runs the command lines and looks at what they send. It finds by itself which parameter or member a
// flag sets: the one that has the value of the flag.
//
// When a command line runs, the sandbox has a number that is linked to agent_1 (owned) and another without an agent
// (unlinked). The fictional numbers are for sale. If a command does not send the value of a flag unchanged, and only then,
// reaches names the parameter or member that the flag sets.
var commandLines = []commandLine{
	{args: "list"},
	{args: "list --agent agent_1"},
	{args: "list --unlinked", reaches: reaches{"unlinked": "listPhoneNumbers: query agentId"}},
	{args: "list --number " + owned},
	{args: "list --type PSTN"},
	{args: "list --limit 7"},
	{args: "get " + owned},
	{args: "get " + ownedID},
	{args: "search 20 --country GB --limit 7"},
	{args: "buy +14155550102 --yes --idempotency-key order-17"},
	{args: "buy --prefix 20 --country GB --yes"},
	{
		args: "import-sip +18001234567 --termination-uri sip.example.com --username trunk " +
			"--password-file - --idempotency-key order-17",
		stdin:   "correct horse battery",
		reaches: reaches{"password-file": "createPhoneNumber: body /sipImport/password"},
	},
	{
		args:    "create-sip support-line --username caller --password-file - --idempotency-key order-17",
		stdin:   "correct horse battery",
		reaches: reaches{"password-file": "createPhoneNumber: body /vogentSip/password"},
	},
	{args: "link " + unlinked + " agent_1"},
	{args: "unlink " + owned + " --yes"},
	{args: "delete " + owned + " --yes"},
	{args: "link " + owned + " " + unlinked + " agent_2"},
	{args: "unlink - --yes", stdin: owned + "\n" + unlinked},
	{args: "delete - --yes", stdin: owned + "\n" + unlinked},
	{args: "export"},
	{args: "plan --file -", stdin: desiredFile},
	{
		args: "apply --file - --yes", stdin: desiredFile,
		reaches: reaches{"file": "updatePhoneNumber: body /agentId"},
	},
	{args: "login --api-key-file -", stdin: keyOfTheServer},
}

// reachNothing lists the flags that set no parameter and no member, and the reasons. A flag is listed for one command, as in
// "plan --file", or for all commands that have it.
var reachNothing = map[string]string{
	"--base-url":           "it says where the API is",
	"--profile":            "it says where the API is, and has the key",
	"--json":               "it is about the output",
	"--yes":                "it is about the question to the person",
	"--dry-run":            "it sends nothing",
	"plan --file":          "plan compares the file with the numbers, and sends nothing of it",
	"login --api-key-file": "the key is sent as the security scheme says, which is no parameter",
	"list --columns":       "it is about the output",
	"plan --exit-code":     "it is about the exit code",
}

// notSent lists the operations that no command calls, the parameters and members that no command line sends, and the reasons.
var notSent = map[string]string{
	"purchasePhoneNumber":            "it is deprecated; buy calls createPhoneNumber",
	"listPhoneNumbers: query cursor": "the client sends it, from the second page on",
}

const (
	owned       = "+14155550100"
	ownedID     = "01900000-0000-7000-8000-00000000a001"
	unlinked    = "+14155550101"
	desiredFile = `numbers: {"` + owned + `": {agent: agent_2}}`

	keyOfTheServer = "key-of-the-server"
)

// Not parallel, because the key is in the environment.
func TestTheCommandsFollowTheContract(t *testing.T) {
	spec := spectest.Load(t)
	var runs []commandRun
	for _, line := range commandLines {
		t.Run(line.args, func(t *testing.T) { runs = append(runs, line.run(t, spec)) })
	}
	if len(runs) < len(commandLines) {
		return // a line failed, or -run excluded it, so what it sends is unknown
	}
	c := comparison{spec, commandsOfTheAPI(t), runs, reachNothing, notSent}
	for _, complaint := range c.complaints() {
		t.Error(complaint)
	}
}

// commandsOfTheAPI returns the commands that call the API, with what -h says about each.
func commandsOfTheAPI(t *testing.T) (commands []command) {
	t.Helper()
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.Flags().Lookup("base-url") == nil {
			return
		}
		found := command{name: nameOf(c), usages: map[string]string{}}
		add := func(f *pflag.Flag) {
			found.usages[f.Name] = f.Usage
			if f.Deprecated != "" {
				found.usages[f.Name] += " Deprecated: " + f.Deprecated
			}
		}
		c.LocalFlags().VisitAll(add)
		c.InheritedFlags().VisitAll(add)
		var output bytes.Buffer
		args := append(strings.Fields(found.name), "-h")
		if code := cli.Run(t.Context(), args, strings.NewReader(""), &output, &output); code != 0 {
			t.Fatalf("%s -h: exit code %d, want 0\n%s", found.name, code, &output)
		}
		var hasFlags bool
		if found.text, _, hasFlags = strings.Cut(output.String(), "\nFlags:\n"); !hasFlags {
			t.Fatalf("%s -h has no line \"Flags:\":\n%s", found.name, &output)
		}
		commands = append(commands, found)
	}
	walk(cli.RootCommand())
	if len(commands) == 0 {
		t.Fatal("found no command that calls the API")
	}
	return commands
}

// nameOf returns the name of a command, without the name of the program.
func nameOf(c *cobra.Command) string {
	_, name, _ := strings.Cut(c.CommandPath(), " ")
	return name
}
