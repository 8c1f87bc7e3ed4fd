package rest_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// memory keeps numbers of one workspace in memory, so that a benchmark measures only what is above the store.
type memory struct {
	phone.Store // nil; nothing is created or deleted

	mu      sync.RWMutex
	numbers map[string]*phone.Number
	ids     []string // in order
}

func newMemory(count int) *memory {
	m := &memory{numbers: map[string]*phone.Number{}}
	for i := range count {
		id := twinID(i)
		m.ids = append(m.ids, id)
		m.numbers[id] = &phone.Number{ID: id, Number: fmt.Sprintf("+1415555%04d", i), Type: phone.PSTN, AgentID: fmt.Sprintf("agent_%d", i)}
	}
	return m
}

func (m *memory) Number(_ context.Context, _, id string) (phone.Number, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if n, ok := m.numbers[id]; ok {
		return *n, nil
	}
	return phone.Number{}, phone.ErrNotFound
}

func (m *memory) Numbers(_ context.Context, _ string, _ phone.Filter, after string, limit int) ([]phone.Number, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	from, _ := slices.BinarySearchFunc(m.ids, after, func(id, after string) int {
		if id > after {
			return 1
		}
		return -1 // also if it is equal
	})
	page := make([]phone.Number, 0, limit)
	for _, id := range m.ids[from:min(from+limit, len(m.ids))] {
		page = append(page, *m.numbers[id])
	}
	return page, nil
}

func (m *memory) UpdateNumber(_ context.Context, _, id string, c phone.Change) (phone.Number, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, ok := m.numbers[id]
	if !ok {
		return phone.Number{}, phone.ErrNotFound
	}
	n.AgentID = *c.AgentID
	return *n, nil
}

// keyring has one key, by its hash.
type keyring struct {
	workspace.Store // nil; nothing is created or deleted
	keys            map[string]workspace.Key
}

func newKeyring(key string) keyring {
	return keyring{keys: map[string]workspace.Key{workspace.HashKey(key): {
		ID: twinID(0), Workspace: workspace.Workspace{ID: twinID(0), Name: "bench"}, LastUsed: time.Now().Add(time.Hour),
	}}}
}

func (k keyring) APIKeyByHash(_ context.Context, hash string) (workspace.Key, error) {
	key, ok := k.keys[hash]
	if !ok {
		return workspace.Key{}, workspace.ErrInvalidKey
	}
	return key, nil
}
