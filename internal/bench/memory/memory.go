// Package memory keeps numbers and API keys in maps. All servers of a measurement use it, so that only what is above the store
// differs.
package memory

import (
	"context"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// Store has what phone.Service and workspace.Service need. It sells no numbers.
type Store struct {
	mu      sync.RWMutex
	numbers map[string]map[string]phone.Number // by workspace and id
	ids     map[string][]string                // by workspace, in ascending order
	owners  map[string]string                  // workspaces by number, in lower case
	claims  map[string]claim
	keys    map[string]workspace.Key // by hash
}

type claim struct {
	phone.Claim
	request  string
	until    time.Time
	answered *phone.Number
	at       time.Time
}

var (
	_ phone.Store     = (*Store)(nil)
	_ phone.Inventory = (*Store)(nil)
	_ phone.Claims    = (*Store)(nil)
	_ workspace.Store = (*Store)(nil)
)

// New returns a store that has the set.
func New(set data.Set) *Store {
	s := &Store{
		numbers: map[string]map[string]phone.Number{}, ids: map[string][]string{}, owners: map[string]string{},
		claims: map[string]claim{}, keys: map[string]workspace.Key{},
	}
	for i := range set.Numbers {
		s.add(set.Workspace(i).ID, data.Number(i))
	}
	for i := range set.Keys {
		s.keys[workspace.HashKey(data.Secret(i))] = set.Key(i)
	}
	return s
}

func (s *Store) add(workspaceID string, n phone.Number) {
	if s.numbers[workspaceID] == nil {
		s.numbers[workspaceID] = map[string]phone.Number{}
	}
	s.numbers[workspaceID][n.ID] = n
	at, _ := slices.BinarySearch(s.ids[workspaceID], n.ID)
	s.ids[workspaceID] = slices.Insert(s.ids[workspaceID], at, n.ID)
	s.owners[strings.ToLower(n.Number)] = workspaceID
}

// Number implements phone.Store.
func (s *Store) Number(_ context.Context, workspaceID, id string) (phone.Number, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, ok := s.numbers[workspaceID][id]
	if !ok {
		return phone.Number{}, phone.ErrNotFound
	}
	return n, nil
}

// Numbers implements phone.Store.
func (s *Store) Numbers(_ context.Context, workspaceID string, f phone.Filter, after string, limit int) ([]phone.Number, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	ids, numbers := s.ids[workspaceID], s.numbers[workspaceID]
	list := make([]phone.Number, 0, min(limit, len(ids)))
	for _, id := range ids[sort.Search(len(ids), func(i int) bool { return ids[i] > after }):] {
		if len(list) == limit {
			break
		}
		n := numbers[id]
		if (f.Number == "" || strings.EqualFold(f.Number, n.Number)) && (f.AgentID == nil || *f.AgentID == n.AgentID) && (f.Type == "" || f.Type == n.Type) {
			list = append(list, n)
		}
	}
	return list, nil
}

// UpdateNumber implements phone.Store.
func (s *Store) UpdateNumber(_ context.Context, workspaceID, id string, c phone.Change) (phone.Number, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.numbers[workspaceID][id]
	if !ok {
		return phone.Number{}, phone.ErrNotFound
	}
	if c.AgentID != nil {
		n.AgentID = *c.AgentID
	}
	s.numbers[workspaceID][id] = n
	return n, nil
}

// InsertNumber implements phone.Store. It forgets SIP credentials.
func (s *Store) InsertNumber(_ context.Context, workspaceID string, n phone.Number, _ *phone.SIPCredentials, c phone.Claim) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, held := c.WorkspaceID+"/"+c.Key, claim{}
	if c != (phone.Claim{}) {
		if held = s.claims[name]; held.Claim != c {
			return phone.ErrInProgress
		}
	}
	if _, taken := s.owners[strings.ToLower(n.Number)]; taken {
		return phone.ErrTaken
	}
	s.add(workspaceID, n)
	if c != (phone.Claim{}) {
		held.answered = &n
		s.claims[name] = held
	}
	return nil
}

// DeleteNumber implements phone.Store.
func (s *Store) DeleteNumber(_ context.Context, workspaceID, id string) (phone.Number, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.numbers[workspaceID][id]
	if !ok {
		return phone.Number{}, phone.ErrNotFound
	}
	delete(s.numbers[workspaceID], id)
	delete(s.owners, strings.ToLower(n.Number))
	at, _ := slices.BinarySearch(s.ids[workspaceID], id)
	s.ids[workspaceID] = slices.Delete(s.ids[workspaceID], at, at+1)
	return n, nil
}

// NumbersForSale implements phone.Inventory.
func (*Store) NumbersForSale(context.Context, string, int) ([]string, error) { return nil, nil }

// Offers implements phone.Inventory.
func (*Store) Offers(context.Context, string) (bool, error) { return false, nil }

// ClaimIdempotencyKey implements phone.Claims.
func (s *Store) ClaimIdempotencyKey(_ context.Context, c phone.Claim, request []byte, now time.Time, lease, ttl time.Duration) (*phone.Number, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := c.WorkspaceID + "/" + c.Key
	held, ok := s.claims[name]
	switch {
	case ok && held.answered != nil && now.Sub(held.at) < ttl:
		if held.request != string(request) {
			return nil, phone.ErrKeyReused
		}
		return held.answered, nil
	case ok && held.answered == nil && now.Before(held.until):
		return nil, phone.ErrInProgress
	}
	s.claims[name] = claim{Claim: c, request: string(request), until: now.Add(lease), at: now}
	return nil, nil
}

// ReleaseIdempotencyKey implements phone.Claims.
func (s *Store) ReleaseIdempotencyKey(_ context.Context, c phone.Claim) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name := c.WorkspaceID + "/" + c.Key; s.claims[name].Claim == c {
		delete(s.claims, name)
	}
	return nil
}
