package numberfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/console"
)

// A read from a pipe that is never closed ends when the context ends.
func TestReadingAFileCanBeInterrupted(t *testing.T) {
	in, writer := io.Pipe()
	defer writer.Close() //nolint:errcheck // an io.PipeWriter's Close returns nil
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c := &console.Console{In: in, Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}
	if _, err := readFile(ctx, c, "-"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got the error %v; want %v", err, context.DeadlineExceeded)
	}
}
