//go:build !unix

package dbtest

import (
	"errors"
	"os/exec"
)

func unprivileged() (uid, gid int, err error) {
	return 0, 0, errors.New("a cluster can be started on Unix only; set TEST_POSTGRES_URL")
}

func runAs(*exec.Cmd, int, int) {}
