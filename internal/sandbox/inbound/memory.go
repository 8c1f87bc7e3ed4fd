package inbound

import (
	"context"
	"strings"
	"sync"

	"github.com/vogent-community/phonenumbers/internal/phone"
)

// Memory is a phone.Store that remembers which numbers it has deleted. It does not forget a number that is added again: the
// store has that number, so nobody asks the memory about it.
type Memory struct {
	phone.Store
	deleted sync.Map // the keys are numbers in lower case, because the letter case of a SIP prefix does not matter
}

// Remember returns a Memory of the store. Only deletions through the Memory are remembered.
func Remember(s phone.Store) *Memory { return &Memory{Store: s} }

// DeleteNumber implements phone.Store.
func (m *Memory) DeleteNumber(ctx context.Context, workspaceID, id string) (phone.Number, error) {
	n, err := m.Store.DeleteNumber(ctx, workspaceID, id)
	if err == nil {
		m.deleted.Store(strings.ToLower(n.Number), nil)
	}
	return n, err
}

func (m *Memory) wasDeleted(number string) bool {
	_, deleted := m.deleted.Load(strings.ToLower(number))
	return deleted
}
