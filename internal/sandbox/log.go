package sandbox

import (
	"context"
	"errors"
	"log/slog"

	"github.com/vogent-community/phonenumbers/internal/sandbox/fault"
)

// unintended leaves out of a log the errors that a fault has made.
type unintended struct{ slog.Handler }

// Handle implements slog.Handler.
func (h unintended) Handle(ctx context.Context, r slog.Record) error {
	onPurpose := false
	r.Attrs(func(a slog.Attr) bool {
		err, _ := a.Value.Any().(error)
		onPurpose = errors.Is(err, fault.ErrOnPurpose)
		return !onPurpose
	})
	if onPurpose {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h unintended) WithAttrs(attrs []slog.Attr) slog.Handler {
	return unintended{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h unintended) WithGroup(name string) slog.Handler { return unintended{h.Handler.WithGroup(name)} }
