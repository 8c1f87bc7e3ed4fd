// Package workspace holds workspaces and the API keys that open them.
package workspace

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"sync"
	"time"
	"unicode/utf8"
)

// Workspace owns numbers. No workspace sees another's.
type Workspace struct {
	ID   string // UUIDv7, lower case
	Name string // unique
}

// Key is an API key without its secret.
type Key struct {
	ID        string // UUIDv7, lower case
	Name      string
	Workspace Workspace
	CreatedAt time.Time
	LastUsed  time.Time // to the minute; zero if never
	RevokedAt time.Time // zero if it is valid
}

// The errors of this package.
var (
	ErrInvalidKey  = errors.New("the API key is not valid")
	ErrKeyNotFound = errors.New("there is no API key with this id")
	ErrInvalidName = errors.New("a name must be 1 to 64 letters, digits, spaces, dots, hyphens and underscores, and start with a letter or digit")
)

// Store keeps workspaces and keys.
type Store interface {
	// InsertAPIKey adds the key, and its workspace if there is none with that name; if there is one, its own id
	// counts. With onlyFirst it does nothing where any key is there already. It reports whether it added the key.
	InsertAPIKey(ctx context.Context, k Key, hash string, onlyFirst bool) (bool, error)
	// APIKeyByHash returns a key that is not revoked, or ErrInvalidKey.
	APIKeyByHash(ctx context.Context, hash string) (Key, error)
	APIKeys(ctx context.Context) ([]Key, error)
	// RevokeAPIKey returns ErrKeyNotFound if there is no such key. A key that is already revoked keeps its time.
	RevokeAPIKey(ctx context.Context, id string, at time.Time) error
	// TouchAPIKeys sets when the keys with these ids were last used.
	TouchAPIKeys(ctx context.Context, used map[string]time.Time) error
}

// Service makes, checks and revokes keys.
type Service struct {
	Store Store
	Now   func() time.Time
	NewID func() string // a new UUIDv7, lower case

	mu   sync.Mutex
	used map[string]time.Time // by key id, what TouchAPIKeys has not been told yet
}

// The length stands apart: a repetition of these classes would take 13 ms to compile at each start of the program.
var name = regexp.MustCompile(`^[\pL\pN][\pL\pN ._-]*$`)

const maxName = 64 // characters

// CheckName returns an ErrInvalidName if a name breaks the rule. What says whose name it is: workspace or key.
func CheckName(what, value string) error {
	if !name.MatchString(value) || utf8.RuneCountInString(value) > maxName {
		return fmt.Errorf("%s name %q: %w", what, value, ErrInvalidName)
	}
	return nil
}

// CreateKey makes a key for the workspace of that name, which it makes if it is missing. The key it returns is nowhere
// else: the store has its hash only.
func (s *Service) CreateKey(ctx context.Context, workspaceName, keyName string) (string, error) {
	key, _, err := s.create(ctx, workspaceName, keyName, false)
	return key, err
}

// CreateFirstKey creates a key like CreateKey, but only if there has never been one. Otherwise it returns "".
func (s *Service) CreateFirstKey(ctx context.Context, workspaceName, keyName string) (string, error) {
	key, created, err := s.create(ctx, workspaceName, keyName, true)
	if !created {
		key = ""
	}
	return key, err
}

func (s *Service) create(ctx context.Context, workspaceName, keyName string, onlyFirst bool) (string, bool, error) {
	if err := errors.Join(CheckName("workspace", workspaceName), CheckName("key", keyName)); err != nil {
		return "", false, err
	}
	key := newKey()
	record := Key{
		ID:        s.NewID(),
		Name:      keyName,
		Workspace: Workspace{ID: s.NewID(), Name: workspaceName},
		CreatedAt: s.Now(),
	}
	created, err := s.Store.InsertAPIKey(ctx, record, hashKey(key), onlyFirst)
	if err != nil {
		return "", false, fmt.Errorf("create key: %w", err)
	}
	return key, created, nil
}

// Authenticate returns the key without its secret, or ErrInvalidKey. It asks the store each time, so that a revoked key
// is refused at once, by every server on the database.
func (s *Service) Authenticate(ctx context.Context, key string) (Key, error) {
	if !wellFormed(key) {
		return Key{}, ErrInvalidKey
	}
	k, err := s.Store.APIKeyByHash(ctx, hashKey(key))
	if err != nil {
		return Key{}, err
	}
	if minute := s.Now().Truncate(time.Minute); minute.After(k.LastUsed) {
		s.noteUse(k.ID, minute)
	}
	return k, nil
}

func (s *Service) noteUse(keyID string, minute time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used == nil {
		s.used = map[string]time.Time{}
	}
	if minute.After(s.used[keyID]) {
		s.used[keyID] = minute
	}
}

// SaveLastUsed tells the store which keys were used since it was last told. It is not a part of Authenticate, so that
// reads go on while the database takes no writes.
func (s *Service) SaveLastUsed(ctx context.Context) error {
	s.mu.Lock()
	used := maps.Clone(s.used)
	clear(s.used)
	s.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	if err := s.Store.TouchAPIKeys(ctx, used); err != nil {
		for keyID, minute := range used { // for the next time
			s.noteUse(keyID, minute)
		}
		return fmt.Errorf("save the times when keys were last used: %w", err)
	}
	return nil
}
