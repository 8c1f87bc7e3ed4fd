package process

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Pinned replaces this process with a program that runs only on some CPUs. A Go program then uses only as many threads.
func Pinned(_ context.Context, args []string, _ io.Reader, _ io.Writer) error {
	if len(args) < 2 {
		return errors.New("usage: pin CPU,CPU PROGRAM ARGS")
	}
	var set unix.CPUSet
	for cpu := range strings.SplitSeq(args[0], ",") {
		n, err := strconv.Atoi(cpu)
		if err != nil {
			return err
		}
		set.Set(n)
	}
	runtime.LockOSThread() // Exec keeps the CPUs of the thread that calls it
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return err
	}
	return unix.Exec(args[1], args[1:], os.Environ())
}

// Allowed returns the CPUs that this process may use.
func Allowed() (cpus []string) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil
	}
	for n := range runtime.NumCPU() * 8 {
		if set.IsSet(n) {
			cpus = append(cpus, strconv.Itoa(n))
		}
	}
	return cpus
}

// CPUTime returns how much CPU time a process has used.
func CPUTime(pid int) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil { // CPUCLOCK_SCHED of a process, as clock_getcpuclockid has it
		return 0
	}
	return time.Duration(t.Nano())
}
