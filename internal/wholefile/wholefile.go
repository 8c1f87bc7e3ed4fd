// Package wholefile makes or replaces a file whole or not at all, so that a crash or a full disk leaves no half of one.
package wholefile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Replace replaces a file, or the one that a symbolic link names, whole or not at all; a missing one it makes. Only its owner can
// read the new one. fill writes what it is to hold.
func Replace(path string, fill func(io.Writer) error) (failed error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	file, err := draft(path)
	if err != nil {
		return err
	}
	defer func() {
		if failed != nil {
			failed = errors.Join(failed, os.Remove(file.Name()))
		}
	}()
	if err := errors.Join(fill(file), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// draft makes an empty file beside path, with mode 0600.
func draft(path string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
}

// Create makes a file whole or not at all, readable by its owner only. fill writes a draft beside it. Where the file is
// there already, it stays as it is, and the error is fs.ErrExist.
func Create(path string, fill func(draft string) error) (failed error) {
	file, err := draft(path)
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
