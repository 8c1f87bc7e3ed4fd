// Package workspace manages workspaces and the API keys that give access to them.
package workspace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"sync"
	"time"
	"unicode/utf8"
)

// Workspace owns numbers. No workspace can see the numbers of another.
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
	RevokedAt time.Time // zero if the key is not revoked
}

// NameRule is the rule that CheckName checks.
const NameRule = "must be 1 to 64 letters, digits, spaces, dots, hyphens and underscores, and start with a letter or digit"

// The errors of this package.
var (
	ErrInvalidKey  = errors.New("the API key is not valid")
	ErrKeyNotFound = errors.New("there is no API key with this id")
	ErrInvalidName = errors.New("a name " + NameRule)
)

// Store keeps workspaces and keys.
type Store interface {
	// InsertAPIKey adds the key, and its workspace if there is none with that name. An existing workspace keeps its id. With
	// onlyFirst, InsertAPIKey does nothing if there is any key already. It reports whether it added the key.
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

	AnyKeys bool // whether the store has keys that NewKey and FixedKey did not make

	known knownKeys

	mu   sync.Mutex
	used map[string]time.Time // by key id, the times that TouchAPIKeys has not saved yet
}

// name does not check the length, because a counted repetition of these classes would take 13 ms to compile at each start of
// the program.
var name = regexp.MustCompile(`^[\pL\pN][\pL\pN ._-]*$`)

const maxName = 64 // characters

// CheckName returns an error that wraps ErrInvalidName if a name breaks the rule. what is "workspace" or "key".
func CheckName(what, value string) error {
	if !name.MatchString(value) || utf8.RuneCountInString(value) > maxName {
		return fmt.Errorf("%s name %q: %w", what, value, ErrInvalidName)
	}
	return nil
}

// CreateKey creates a key for the workspace with that name. If there is no such workspace, it creates the workspace too.
// The returned key is not stored anywhere: the store has only its hash.
func (s *Service) CreateKey(ctx context.Context, workspaceName, keyName string) (string, error) {
	key := NewKey()
	if _, err := s.create(ctx, key, workspaceName, keyName, false); err != nil {
		return "", err
	}
	return key, nil
}

// CreateFirstKey is like CreateKey, but creates the given key, and only if there has never been one. It reports whether it did.
func (s *Service) CreateFirstKey(ctx context.Context, key, workspaceName, keyName string) (bool, error) {
	return s.create(ctx, key, workspaceName, keyName, true)
}

func (s *Service) create(ctx context.Context, key, workspaceName, keyName string, onlyFirst bool) (bool, error) {
	if err := errors.Join(CheckName("workspace", workspaceName), CheckName("key", keyName)); err != nil {
		return false, err
	}
	record := Key{
		ID:        s.NewID(),
		Name:      keyName,
		Workspace: Workspace{ID: s.NewID(), Name: workspaceName},
		CreatedAt: s.Now(),
	}
	created, err := s.Store.InsertAPIKey(ctx, record, HashKey(key), onlyFirst)
	if err != nil {
		return false, fmt.Errorf("create key: %w", err)
	}
	return created, nil
}

// Authenticate returns the Key that belongs to an API key, or ErrInvalidKey. It asks the store only if it has not done so in the
// last seconds. So each server refuses a revoked key within 5 seconds, and the Service that has revoked it does so at once.
func (s *Service) Authenticate(ctx context.Context, key string) (Key, error) {
	now, hash := s.Now(), sha256.Sum256([]byte(key))
	k, forgotten := s.known.find(hash, now)
	if k == nil {
		if !s.AnyKeys && !wellFormed(key) {
			return Key{}, ErrInvalidKey
		}
		k = &knownKey{asked: now.Round(0), askedReal: time.Now()}
		var err error
		if k.Key, err = s.Store.APIKeyByHash(ctx, hex.EncodeToString(hash[:])); err != nil {
			return Key{}, err
		}
		k.noted.Store(k.LastUsed.Unix())
		s.known.add(hash, k, forgotten)
	}
	if minute := now.Truncate(time.Minute); minute.Unix() > k.noted.Load() {
		s.noteUse(k.ID, minute)
		k.noted.Store(minute.Unix())
	}
	return k.Key, nil
}

// RevokeKey revokes the key with that id, or returns ErrKeyNotFound.
func (s *Service) RevokeKey(ctx context.Context, id string) error {
	defer s.known.forget() // also after an error, because the database may have revoked it
	return s.Store.RevokeAPIKey(ctx, id, s.Now())
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

// SaveLastUsed saves which keys were used since the last save. It is not part of Authenticate, so that reads continue while the
// database accepts no writes.
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
