package wholefile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/wholefile"
)

// A full disk keeps the file that was there, and leaves nothing beside it.
func TestAFullDiskKeepsTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "profiles.yaml")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := wholefile.Replace(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, "the beg"); err != nil {
			t.Fatal(err)
		}
		return syscall.ENOSPC
	})
	text, readErr := os.ReadFile(path)
	entries, listErr := os.ReadDir(dir)
	if !errors.Is(err, syscall.ENOSPC) || string(text) != "before" || len(entries) != 1 || readErr != nil || listErr != nil {
		t.Errorf("%v; the file has %q, the folder has %v; %v, %v", err, text, entries, readErr, listErr)
	}
}
