package sandbox_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox"
)

func TestTheLogHasNoErrorThatAFaultHasMade(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s, err := sandbox.Start(t.Context(), sandbox.Options{
		Log:    slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})).With("a", "b").WithGroup("c"),
		Faults: []control.Fault{{Status: http.StatusInternalServerError, Times: 1}, {Status: http.StatusServiceUnavailable}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{500, 503} {
		if status, text := (&testSandbox{Sandbox: s}).api(t, http.MethodGet, "/phone_numbers", ""); status != want {
			t.Errorf("the response is %d %s; want %d", status, text, want)
		}
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if text := log.String(); text != "" {
		t.Errorf("the log is %s; want nothing", text)
	}
	own := slog.New(sandbox.Unintended(slog.NewTextHandler(&log, nil))).With("a", "b")
	own.Error("request failed", "error", http.ErrBodyNotAllowed)
	if text := log.String(); !strings.Contains(text, "request failed") {
		t.Errorf("the log is %q; want the other error", text)
	}
}
