package dbtest

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

var errNoBinaries = errors.New("set TEST_POSTGRES_URL, or install its server binaries: pg_ctl on the PATH, or where pg_config --bindir or Debian has it")

// findBinaries returns the folder with PostgreSQL's server binaries.
func findBinaries() (string, error) {
	var folders []string
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
	}
	if path, err := exec.CommandContext(context.Background(), "pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(path)))
	}
	for _, folder := range append(folders, debianFolders()...) {
		if _, err := os.Stat(filepath.Join(folder, "initdb")); err == nil {
			return folder, nil
		}
	}
	return "", errNoBinaries
}

// debianFolders returns the folders where Debian installs servers, the newest version first.
func debianFolders() []string {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the only possible error is a malformed pattern
	version := func(folder string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
		return n
	}
	slices.SortFunc(folders, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	return folders
}

// Binary returns a program of the PostgreSQL that tests use, such as pg_dump.
func Binary(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	folder, err := findBinaries()
	return filepath.Join(folder, name), err
}
