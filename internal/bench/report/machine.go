package report

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Machine describes where a run took place.
type Machine struct {
	CPU      string `json:"cpu"`
	CPUs     int    `json:"cpus"`
	Go       string `json:"go"`
	Kernel   string `json:"kernel"`
	Load     string `json:"loadAverage"` // of the last minute, before the run
	Revision string `json:"revision"`    // of the repository
}

// Describe describes this machine and the revision of the repository.
func Describe(ctx context.Context) Machine {
	m := Machine{CPUs: runtime.NumCPU(), Go: runtime.Version(), Kernel: runtime.GOOS + " " + line("/proc/sys/kernel/osrelease")}
	cpus, _ := os.ReadFile("/proc/cpuinfo") // only on Linux
	if _, rest, ok := strings.Cut(string(cpus), "model name"); ok {
		rest, _, _ = strings.Cut(rest, "\n")
		m.CPU = strings.TrimLeft(rest, "\t :")
	}
	m.Load, _, _ = strings.Cut(line("/proc/loadavg"), " ")
	revision, _ := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output() // empty without git
	m.Revision = strings.TrimSpace(string(revision))
	return m
}

func line(file string) string {
	text, _ := os.ReadFile(file) // only on Linux
	return strings.TrimSpace(string(text))
}
