package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/vogent-community/phonenumbers/internal/secret"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

// SecretKeyVariable is the environment variable with the keys for the secrets of the store.
const SecretKeyVariable = "PHONENUMBERS_SECRET_KEY"

// A check value is a known text that is sealed and stored in the database. There is one for each key that has sealed anything,
// until a rotation removes it. It reveals a wrong or missing key before anything is sealed with another one.
const (
	secretCheck     = "secret_check/" // followed by the id of the key
	secretCheckText = "phonenumbers"
)

var errLocked = errors.New("the store's secrets are locked: Unlock was not called")

// Unlock loads the keys for the secrets of the store, and checks that they open the secrets in the database. secretKeys has 32
// bytes in base64, or several such keys separated by commas. The first seals; all of them open. If secretKeys is empty, the
// keys come from the key file next to the database. Unlock creates that file for a database that has no secrets yet.
func (s *Store) Unlock(ctx context.Context, secretKeys string) error {
	checks, err := s.secretChecks(ctx)
	if err != nil {
		return err
	}
	source := SecretKeyVariable
	if secretKeys == "" && s.Engine() == sqldb.PostgreSQL {
		return fmt.Errorf("%s is not set; with PostgreSQL, set it to the same secret key on all servers. "+
			"For a new database, create a key with 'openssl rand -base64 %d'", SecretKeyVariable, secret.KeySize)
	}
	if secretKeys == "" {
		source = s.Name() + ".key"
		if secretKeys, err = s.keysFromFile(source, len(checks) == 0); err != nil {
			return err
		}
	}
	ring, err := secret.Parse(secretKeys)
	switch {
	case err != nil && len(checks) == 0:
		return fmt.Errorf("read %s: %w; create a key with 'openssl rand -base64 %d'", source, err, secret.KeySize)
	case err != nil:
		return fmt.Errorf("read %s: %w; use the key that %s was created with", source, err, s.Name())
	}
	err = s.Write(ctx, func(tx sqldb.Querier) error {
		if err := s.db.LockExclusive(ctx, tx, secretsLock); err != nil {
			return err
		}
		checks, err := sqldb.All(ctx, tx, sqldb.ScanString, selectChecks, secretCheck+"%") // again: another process may have added one
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

// checkKeys checks that the ring has a key for each check value.
func (s *Store) checkKeys(ring *secret.Keyring, checks []string, source string) error {
	for _, check := range checks {
		id, _, _ := strings.Cut(check, ":")
		switch text, err := ring.Open(check, secretCheck+id); {
		case errors.Is(err, secret.ErrWrongKey):
			return fmt.Errorf("%s has the wrong secret key: %s contains secrets encrypted with the key with the id %s, but the keys given have the ids %s. "+
				"Use the key that the database was created with. To switch to a new key, set %s to the new key and the old key, separated by a comma",
				source, s.Name(), id, strings.Join(ring.IDs(), ", "), SecretKeyVariable)
		case err != nil || text != secretCheckText:
			return fmt.Errorf("the check value of a secret key in %s is damaged; restore the database from a backup", s.Name())
		}
	}
	return nil
}

const selectChecks = `SELECT value FROM settings WHERE name LIKE $1 ORDER BY name`

func (s *Store) secretChecks(ctx context.Context) ([]string, error) {
	checks, err := read(ctx, s, sqldb.ScanString, selectChecks, secretCheck+"%")
	if err != nil {
		return nil, fmt.Errorf("read secret checks: %w", err)
	}
	return checks, nil
}

// addCheck adds the check value of the first key of the ring, which seals.
func addCheck(ctx context.Context, tx sqldb.Querier, ring *secret.Keyring) error {
	name := secretCheck + ring.IDs()[0]
	return addSetting(ctx, tx, name, ring.Seal(secretCheckText, name))
}

// keysFromFile reads the key file. It creates the file if the database has no secrets to open.
func (s *Store) keysFromFile(path string, mayCreate bool) (string, error) {
	if s.Name() == sqldb.InMemory {
		return secret.NewKey(), nil
	}
	if mayCreate {
		if err := secret.CreateFile(path); err != nil {
			return "", fmt.Errorf("create key file: %w", err)
		}
	}
	text, err := secret.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the key file %s is missing, and the SIP passwords in %s cannot be decrypted without it. "+
			"Restore the file from your backup, or set %s to its content", path, s.Name(), SecretKeyVariable)
	}
	if err != nil {
		return "", fmt.Errorf("read key file: %w", err)
	}
	return text, nil
}
