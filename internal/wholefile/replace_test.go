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

// If the disk is full, the old file stays, and nothing is left beside it.
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
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got the error %v; want %v", err, syscall.ENOSPC)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "before" {
		t.Errorf("the file has %q, %v; want before", text, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v; want one file", entries, err)
	}
}
