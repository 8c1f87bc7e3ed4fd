// Package large measures whether a store with many numbers is as fast as one with few.
package large

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

const (
	page    = 101     // what a list of 100 reads
	agents  = 10      // even a small store has a full page for each
	forSale = 10_000  // in each of the two prefixes
	owned   = "+1907" // of 100 numbers with this prefix, 99 are owned
	free    = "+1908" // none of the numbers with this prefix is owned
)

// Store is a SQLite file with numbers.
type Store struct {
	numbers   int
	store     *store.Store
	service   *phone.Service
	workspace string
}

// Open makes a SQLite file in a folder, with so many numbers.
func Open(ctx context.Context, dir string, numbers int) (*Store, error) {
	st, err := store.Open(ctx, filepath.Join(dir, strconv.Itoa(numbers)+".db"))
	if err != nil {
		return nil, err
	}
	s := &Store{
		numbers: numbers, store: st, workspace: data.Set{Workspaces: 1}.Workspace(0).ID,
		service: &phone.Service{Store: st, Inventory: st, Claims: st, Now: time.Now, NewID: uuid.NewString},
	}
	if err := s.fill(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return s, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.store.Close() }

func (s *Store) fill(ctx context.Context) error {
	key := data.Set{Workspaces: 1}.Key(0)
	if _, err := s.store.InsertAPIKey(ctx, key, workspace.HashKey(data.Secret(0)), false); err != nil {
		return err
	}
	err := s.store.Write(ctx, func(tx sqldb.Querier) error {
		insert := sqldb.NewInserter(tx, s.store.Engine(), "phone_numbers", []string{"workspace_id", "id", "number", "number_key", "type", "agent_id"}, "")
		add := func(i int, number string) error {
			return insert.Add(ctx, s.workspace, data.ID(i), number, number, string(phone.PSTN), "agent_"+strconv.Itoa(i%agents))
		}
		for i := range s.numbers {
			if err := add(i, data.Number(i).Number); err != nil {
				return err
			}
		}
		for i := range forSale {
			if i%100 == 99 {
				continue // this one is left for buyers
			}
			if err := add(s.numbers+i, candidate(owned, i)); err != nil {
				return err
			}
		}
		_, err := insert.End(ctx)
		return err
	})
	if err != nil {
		return err
	}
	var candidates []string
	for i := range forSale {
		candidates = append(candidates, candidate(owned, i), candidate(free, i))
	}
	_, err = s.store.AddToInventory(ctx, slices.Values(candidates), true)
	return err
}

func candidate(prefix string, i int) string { return fmt.Sprintf("%s%07d", prefix, i) }

// Case is one kind of request.
type Case struct {
	Name string
	Call func(context.Context, *Store) error
}

// Cases are the kinds of requests whose time must not depend on how many numbers there are.
func Cases() []Case {
	agent := "agent_3"
	list := func(f phone.Filter, position func(*Store) string, want int) func(context.Context, *Store) error {
		return func(ctx context.Context, s *Store) error {
			got, err := s.store.Numbers(ctx, s.workspace, f, position(s), page)
			if err == nil && len(got) != want {
				err = fmt.Errorf("got %d numbers; want %d", len(got), want)
			}
			return err
		}
	}
	first := func(*Store) string { return "" }
	return []Case{
		{"first page", list(phone.Filter{}, first, page)},
		{"page in the middle", list(phone.Filter{}, func(s *Store) string { return data.ID(s.numbers / 2) }, page)},
		{"last page", list(phone.Filter{}, func(s *Store) string { return data.ID(s.numbers + forSale - page - 3) }, page)},
		{"list with the filter agentId", list(phone.Filter{AgentID: &agent}, func(s *Store) string { return data.ID(s.numbers / 2) }, page)},
		{"list with the filter type", list(phone.Filter{Type: phone.PSTN}, func(s *Store) string { return data.ID(s.numbers / 2) }, page)},
		{"list with the filter number", list(phone.Filter{Number: data.Number(7).Number}, first, 1)},
		{"search, 99 % owned", search(owned)},
		{"search, none owned", search(free)},
		{"buy, 99 % owned", buy},
	}
}

func search(prefix string) func(context.Context, *Store) error {
	return func(ctx context.Context, s *Store) error {
		found, err := s.store.NumbersForSale(ctx, prefix, 10)
		if err == nil && len(found) != 10 {
			err = fmt.Errorf("found %v; want 10 numbers", found)
		}
		return err
	}
}

// buy buys a number, and deletes it, so that the next call can buy it again.
func buy(ctx context.Context, s *Store) error {
	n, _, err := s.service.Purchase(ctx, s.workspace, candidate(owned, 99), "")
	if err != nil {
		return err
	}
	_, err = s.service.Delete(ctx, s.workspace, n.ID)
	return err
}
