package secret

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/vogent-community/phonenumbers/internal/wholefile"
)

// ReadFile returns the content of a key file, for Parse.
func ReadFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	return strings.TrimSpace(string(text)), err
}

// CreateFile creates a key file with a new key. Only the owner can read the file. If the file exists, CreateFile does
// nothing.
func CreateFile(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	err := wholefile.Create(path, func(draft string) error { return os.WriteFile(draft, []byte(NewKey()+"\n"), 0o600) })
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
