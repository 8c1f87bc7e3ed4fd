package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// SecretKeyVariable is the environment variable with the keys of the store's secrets.
const SecretKeyVariable = "PHONENUMBERS_SECRET_KEY"

// A check value is a known text, sealed, in the database. There is one for each key that has ever sealed and was not rotated
// away: a key that is wrong or lost shows before anything is sealed without it.
const (
	secretCheck     = "secret_check/" // and the id of the key
	secretCheckText = "phonenumbers"
)

// Unlock loads the keys of the store's secrets and checks that they are those the database was made with. secretKeys is
// base64 of 32 bytes, or several with commas between them: the first seals, each opens. Where it is empty, the keys come
// from the file beside the database, which Unlock makes for a database that has no secrets yet.
func (s *Store) Unlock(ctx context.Context, secretKeys string) error {
	checks, err := s.secretChecks(ctx)
	if err != nil {
		return err
	}
	source := SecretKeyVariable
	if secretKeys == "" && s.engine.name == postgresEngine.name {
		return fmt.Errorf("%s is not set: with PostgreSQL there is no key file, and all servers need the same key for the SIP passwords; "+
			"`openssl rand -base64 %d` makes one for a new database", SecretKeyVariable, secretKeySize)
	}
	if secretKeys == "" {
		source = s.name + ".key"
		if secretKeys, err = s.keysFromFile(source, len(checks) == 0); err != nil {
			return err
		}
	}
	ring, err := parseKeyring(secretKeys)
	switch {
	case err != nil && len(checks) == 0:
		return fmt.Errorf("read %s: %w; `openssl rand -base64 %d` makes a key", source, err, secretKeySize)
	case err != nil:
		return fmt.Errorf("read %s: %w; %s needs the key that it was made with", source, err, s.name)
	}
	err = s.write(ctx, func(tx querier) error {
		if err := s.alone(ctx, tx, secretsLock); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, selectChecks, secretCheck+"%")
		checks, err := all(rows, err, scanString) // again: another process may have been first, with another key
		if err != nil {
			return err
		}
		if err := s.checkKeys(ring, checks, source); err != nil {
			return err
		}
		return addCheck(ctx, tx, ring)
	})
	if err != nil {
		return err
	}
	s.secrets = ring
	return nil
}

// checkKeys wants a key in the ring for each check.
func (s *Store) checkKeys(ring *keyring, checks []string, source string) error {
	for _, check := range checks {
		id, _, _ := strings.Cut(check, ":")
		switch text, err := ring.open(check, secretCheck+id); {
		case errors.Is(err, errWrongKey):
			return fmt.Errorf("%s has a wrong secret key: secrets in %s are sealed with the key with id %s, and it has %s. "+
				"Start with the key that this database was made with; to go over to a new key, list the new one and the old one, with a comma between them, in %s",
				source, s.name, id, strings.Join(ring.ids(), ", "), SecretKeyVariable)
		case err != nil || text != secretCheckText:
			return fmt.Errorf("a secret check in %s is damaged: restore the database from a backup", s.name)
		}
	}
	return nil
}

func (r *keyring) ids() []string {
	ids := make([]string, len(r.keys))
	for i, key := range r.keys {
		ids[i] = key.id
	}
	return ids
}

const selectChecks = `SELECT value FROM settings WHERE name LIKE $1 ORDER BY name`

func (s *Store) secretChecks(ctx context.Context) ([]string, error) {
	rows, err := s.reader.QueryContext(ctx, selectChecks, secretCheck+"%")
	checks, err := all(rows, err, scanString)
	if err != nil {
		return nil, fmt.Errorf("read secret checks: %w", err)
	}
	return checks, nil
}

// addCheck notes that the first key of the ring seals.
func addCheck(ctx context.Context, tx querier, ring *keyring) error {
	name := secretCheck + ring.keys[0].id
	sealed, err := ring.seal(secretCheckText, name)
	if err != nil {
		return err
	}
	_, err = addSetting(ctx, tx, name, sealed)
	return err
}

// keysFromFile reads the key file, or makes it where the database has no secrets that it would have to open.
func (s *Store) keysFromFile(path string, mayCreate bool) (string, error) {
	if s.name == inMemory {
		return newKeyText(), nil
	}
	if mayCreate {
		if err := createKeyFile(path); err != nil {
			return "", fmt.Errorf("make key file: %w", err)
		}
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the key file %s is missing, and without it the SIP passwords in %s cannot be read. "+
			"Put the file back from your backup, or set %s to what was in it", path, s.name, SecretKeyVariable)
	}
	if err != nil {
		return "", fmt.Errorf("read key file: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// createKeyFile makes the file, and leaves one that is there alone.
func createKeyFile(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	err := createFile(path, func(draft string) error { return os.WriteFile(draft, []byte(newKeyText()+"\n"), 0o600) })
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
