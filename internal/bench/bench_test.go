package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/bench/process"
	"github.com/vogent-community/phonenumbers/internal/bench/report"
)

// The processes that bench starts are this test program.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && parts[os.Args[1]] != nil {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector would keep each process waiting for a second
	os.Exit(m.Run())
}

// needs has the rows that the tiny run leaves out, and what they need.
var needs = map[string]string{
	"PUT on PostgreSQL, 64 callers": "-postgres",
	"memory under mixed load":       "-long",
}

func TestATinyRunHasAFigureInEachRow(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "figures.json")
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr")) // a file, because several processes write to it
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close() //nolint:errcheck // it is read below
	var stdout bytes.Buffer
	if code := run(t.Context(), []string{"-size", "tiny", "-json", file}, strings.NewReader(""), &stdout, stderr); code != 0 {
		text, _ := os.ReadFile(stderr.Name())
		t.Fatalf("the exit code is %d: %s", code, text)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got report.Report
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got, want := len(got.Rows), 32; got != want {
		t.Errorf("the report has %d rows; want %d", got, want)
	}
	for _, row := range got.Rows {
		if !strings.Contains(stdout.String(), row.Name) {
			t.Errorf("the table has no row %q", row.Name)
		}
		if row.Skipped != "" {
			if what := needs[row.Name]; what == "" || !strings.Contains(row.Skipped, what) {
				t.Errorf("%s is skipped: %s", row.Name, row.Skipped)
			}
			continue
		}
		if len(row.Figures) == 0 {
			t.Errorf("%s has no figures", row.Name)
		}
		for _, f := range row.Figures {
			if f.Median <= 0 {
				t.Errorf("%s: the figure of %s is %v; want more than 0", row.Name, f.Who, f.Median)
			}
		}
		for _, c := range row.Checks {
			if (c.Goal == "") != (c.Met == nil) {
				t.Errorf("%s: the check %s has the goal %q, and met is %v", row.Name, c.What, c.Goal, c.Met)
			}
		}
	}
}

// Server and load generator must not take turns on a CPU.
func TestAPinnedProgramRunsOnItsCPU(t *testing.T) {
	t.Parallel()
	cpus := process.Allowed()
	if len(cpus) < 2 {
		t.Skip("there is only one CPU, or the system cannot pin")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	servers, generator := process.Split(cpus)
	if len(servers) == 0 || slices.ContainsFunc(servers, func(cpu string) bool { return slices.Contains(generator, cpu) }) {
		t.Errorf("the servers have the CPUs %v, and the load generator has %v; want different ones", servers, generator)
	}
	starter := process.Starter{Self: self}
	for _, cpu := range cpus[:2] {
		line := starter.Pin([]string{cpu}, "/usr/bin/env", "grep", "Cpus_allowed_list", "/proc/self/status")
		output, err := exec.CommandContext(t.Context(), line[0], line[1:]...).Output()
		if got := strings.Fields(string(output)); err != nil || len(got) != 2 || got[1] != cpu {
			t.Errorf("a program on CPU %s may use %v, %v", cpu, got, err)
		}
	}
}

func TestAnUnknownSizeOrGroupIsRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-size", "huge"}, {"-size", "tiny", "-only", "everything"}} {
		var stderr bytes.Buffer
		if code := run(t.Context(), args, strings.NewReader(""), io.Discard, &stderr); code != 1 || !strings.Contains(stderr.String(), "see -h") {
			t.Errorf("%v: the exit code is %d, and stderr has %q; want 1 and the flag", args, code, &stderr)
		}
	}
}
