//go:build !unix

package dbtest

import (
	"errors"
	"os/exec"
	"testing"
)

func unprivileged() (uid, gid int, err error) {
	return 0, 0, errors.New("a cluster can be started on Unix only; set TEST_POSTGRES_URL")
}

func runAs(*exec.Cmd, int, int) {}

func pause(tb testing.TB, _ int) { tb.Fatal("not on this system") }

func kill(int) {}
