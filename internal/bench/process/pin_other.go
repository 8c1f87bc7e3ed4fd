//go:build !linux

package process

import (
	"context"
	"errors"
	"io"
	"time"
)

// Pinned fails.
func Pinned(context.Context, []string, io.Reader, io.Writer) error {
	return errors.New("this system cannot pin processes")
}

// Allowed returns nil: nothing can be pinned.
func Allowed() []string { return nil }

// CPUTime returns 0: it is not known.
func CPUTime(int) time.Duration { return 0 }
