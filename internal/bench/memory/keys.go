package memory

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// APIKeyByHash implements workspace.Store.
func (s *Store) APIKeyByHash(_ context.Context, hash string) (workspace.Key, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, ok := s.keys[hash]
	if !ok || !k.RevokedAt.IsZero() {
		return workspace.Key{}, workspace.ErrInvalidKey
	}
	return k, nil
}

// InsertAPIKey implements workspace.Store.
func (s *Store) InsertAPIKey(_ context.Context, k workspace.Key, hash string, onlyFirst bool) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if onlyFirst && len(s.keys) > 0 {
		return false, nil
	}
	for _, other := range s.keys {
		if other.Workspace.Name == k.Workspace.Name {
			k.Workspace = other.Workspace
		}
	}
	s.keys[hash] = k
	return true, nil
}

// APIKeys implements workspace.Store.
func (s *Store) APIKeys(context.Context) ([]workspace.Key, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Collect(maps.Values(s.keys)), nil
}

// RevokeAPIKey implements workspace.Store.
func (s *Store) RevokeAPIKey(_ context.Context, id string, at time.Time) error {
	return s.change(id, func(k *workspace.Key) {
		if k.RevokedAt.IsZero() {
			k.RevokedAt = at
		}
	})
}

// TouchAPIKeys implements workspace.Store.
func (s *Store) TouchAPIKeys(_ context.Context, used map[string]time.Time) error {
	for id, at := range used {
		if err := s.change(id, func(k *workspace.Key) { k.LastUsed = at }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) change(id string, edit func(*workspace.Key)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, k := range s.keys {
		if k.ID == id {
			edit(&k)
			s.keys[hash] = k
			return nil
		}
	}
	return workspace.ErrKeyNotFound
}
