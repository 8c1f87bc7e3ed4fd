// Drill checks that the tests notice a change to openapi.yaml that the code does not carry out. It
// changes openapi.yaml in a copy of the checkout, generates the code, and runs the tests. They must
// fail and name what is missing.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// drill is a change to openapi.yaml.
type drill struct {
	name   string
	change func(document *yaml.Node) error
	names  string // what a failing test must say; empty if the tests must stay green
}

var drills = []drill{
	{
		"reworded text",
		func(d *yaml.Node) error {
			return set(d, "Any text.", "paths", "/phone_numbers/{id}", "get", "description")
		},
		"",
	},
	{
		"a new request member",
		func(d *yaml.Node) error {
			return set(d, label, "components", "schemas", "UpdatePhoneNumberInput", "properties", "label")
		},
		`updatePhoneNumber: body /label is accepted and changes nothing`,
	},
	{
		"a new filter",
		func(d *yaml.Node) error {
			return add(d, map[string]any{"name": "label", "in": "query", "description": "Any text.", "schema": label, "example": "front desk"},
				"paths", "/phone_numbers", "get", "parameters")
		},
		`listPhoneNumbers: query label is accepted and changes nothing`,
	},
	{
		"a new response member",
		func(d *yaml.Node) error {
			return set(d, label, "components", "schemas", "PhoneNumber", "properties", "label")
		},
		`"getPhoneNumber 200 /label", and the server has never sent it`,
	},
	{
		"a changed default",
		func(d *yaml.Node) error {
			return set(d, 7, "components", "schemas", "PhoneNumberSearchInput", "properties", "limit", "default")
		},
		`searchPhoneNumbers: body /limit: without it`,
	},
}

var label = map[string]any{"description": "Any text.", "type": "string", "maxLength": 64, "example": "front desk"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "make drill:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "drill")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.CopyFS(dir, sources{os.DirFS(".")}); err != nil {
		return fmt.Errorf("copy the checkout: %w", err)
	}
	spec, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return err
	}
	var failed error
	for _, d := range drills {
		said, err := d.try(ctx, dir, spec)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(os.Stdout, "%s: %s\n", d.name, said)
		failed = errors.Join(failed, err)
	}
	return failed
}

// try runs the drill in a copy of the checkout, and returns how the tests ended.
func (d drill) try(ctx context.Context, dir string, spec []byte) (said string, err error) {
	var document yaml.Node
	if err := yaml.Unmarshal(spec, &document); err != nil {
		return "", err
	}
	if err := d.change(document.Content[0]); err != nil {
		return "", fmt.Errorf("%s: openapi.yaml does not have what this drill changes; correct the drill: %w", d.name, err)
	}
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(&document), encoder.Close()); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "openapi.yaml"), text.Bytes(), 0o600); err != nil {
		return "", err
	}
	if output, err := command(ctx, dir, "generate", "./..."); err != nil {
		return "", fmt.Errorf("%s: go generate: %w\n%s", d.name, err, output)
	}
	output, red := command(ctx, dir, "test", "-short", ".", "./api/...", "./internal/rest",
		"-run", "Spec|Example|Agree|EveryRule|EveryMember|EveryDefault|EveryDocumented")
	switch {
	case d.names == "" && red == nil:
		return "green, as it must be", nil
	case d.names == "":
		return "red", fmt.Errorf("%s: the tests failed, but this change needs no code:\n%s", d.name, output)
	case red == nil:
		return "green", fmt.Errorf("%s: the tests passed, although the code does not have this change", d.name)
	}
	for line := range strings.Lines(string(output)) {
		if strings.Contains(line, d.names) {
			return "red: " + strings.TrimSpace(line), nil
		}
	}
	return "red", fmt.Errorf("%s: the tests failed, but none of them says %q:\n%s", d.name, d.names, output)
}

func command(ctx context.Context, dir string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, "go", args...)
	c.Dir = dir
	var output bytes.Buffer
	c.Stdout, c.Stderr = &output, &output
	err := c.Run()
	return output.Bytes(), err
}
