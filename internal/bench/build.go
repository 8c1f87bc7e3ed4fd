package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// build builds the programs of this revision and of the one to compare with.
func (b *runner) build(ctx context.Context) error {
	root, err := root(ctx)
	if err != nil {
		return err
	}
	if b.options.peers {
		folder := root + "/internal/bench/peers"
		if err := b.execute(ctx, folder, "go", "generate"); err != nil {
			return err
		}
		if b.peers, err = b.goBuild(ctx, folder, "peers", "."); err != nil {
			return err
		}
	}
	if b.options.self {
		b.ours = []string{b.Self, "program"}
		return nil
	}
	ours, err := b.goBuild(ctx, root, "ours", "./cmd/phonenumbers")
	if err != nil {
		return err
	}
	b.ours = []string{ours}
	if b.options.base == "" {
		return nil
	}
	tree := b.dir + "/tree"
	if err := b.execute(ctx, root, "git", "worktree", "add", "--quiet", "--detach", tree, b.options.base); err != nil {
		return err
	}
	base, buildErr := b.goBuild(ctx, tree, "base", "./cmd/phonenumbers")
	b.base = []string{base}
	return errors.Join(buildErr, b.execute(context.WithoutCancel(ctx), root, "git", "worktree", "remove", "--force", tree))
}

// root returns the folder of this module.
func root(ctx context.Context) (string, error) {
	dir, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return strings.TrimSpace(string(dir)), nil
}

// goBuild builds a package in the module of a folder. The result does not depend on the path of the folder, so that Go's build
// cache has it the next time.
func (b *runner) goBuild(ctx context.Context, folder, name, pkg string) (string, error) {
	path := b.dir + "/" + name
	return path, b.execute(ctx, folder, "go", "build", "-trimpath", "-o", path, pkg)
}

func (b *runner) execute(ctx context.Context, folder, name string, args ...string) error {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = folder
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w: %s", name, args, err, output)
	}
	return nil
}
