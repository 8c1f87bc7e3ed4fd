package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"
)

// A read that never ends, from a pipe that nobody closes, ends with the context.
func TestReadingAFileCanBeInterrupted(t *testing.T) {
	in, writer := io.Pipe()
	defer writer.Close() //nolint:errcheck // an io.PipeWriter's Close returns nil
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c := &console{in: in, out: &bytes.Buffer{}, err: &bytes.Buffer{}}
	if _, err := c.readFile(ctx, "-"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
