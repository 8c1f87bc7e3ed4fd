// Package wholefile writes a file completely or not at all, so that a crash or a full disk never leaves a partial file.
package wholefile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Replace replaces a file completely or not at all, or creates it if it does not exist. If path is a symbolic link, it replaces
// the target. Only the owner can read the new file. fill writes its content.
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

// draft creates an empty file in the folder of path, with mode 0600.
func draft(path string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
}

// Create creates a file completely or not at all. Only the owner can read it. fill writes a draft in the same folder. If the
// file already exists, Create leaves it unchanged and returns fs.ErrExist.
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
	// This makes the name of the new file survive a power failure. Some systems cannot sync a folder, so an error is ignored.
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
