// Package wholefile makes a file whole or not at all, so that a crash or a full disk leaves no half of one.
package wholefile

import (
	"errors"
	"os"
	"path/filepath"
)

// Create makes a file whole or not at all, readable by its owner only. fill writes a draft beside it. Where the file is
// there already, it stays as it is, and the error is fs.ErrExist.
func Create(path string, fill func(draft string) error) (failed error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() { failed = errors.Join(failed, os.Remove(file.Name())) }()
	if err := errors.Join(file.Close(), fill(file.Name())); err != nil {
		return err
	}
	if err := syncFile(file.Name()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil {
		return err
	}
	// The name of the new file shall survive a power cut. A system that cannot do that for a folder says so, and there is nothing
	// better to do there.
	_ = syncFile(filepath.Dir(path))
	return nil
}

func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
