package sandbox

import "log/slog"

// Unintended is unintended for tests.
func Unintended(h slog.Handler) slog.Handler { return unintended{h} }
