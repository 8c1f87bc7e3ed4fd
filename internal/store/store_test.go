package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// link is the change that links a number.
func link(agentID string) phone.Change { return phone.Change{AgentID: &agentID} }

// If a caller disconnects, the error says so, at whatever point of the transaction that happens.
func TestAHangUpIsNoFailureOfTheDatabase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		w := storetest.NewWorkspace(t, s, "w")
		n := storetest.Insert(t, s, w, "+14155550100")
		for i := range 300 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Duration(i)*10*time.Microsecond, cancel)
			_, err := s.UpdateNumber(ctx, w, n.ID, link(fmt.Sprint(i)))
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("after %d: got %v; want %v or none", i, err, context.Canceled)
			}
		}
		if _, err := s.UpdateNumber(t.Context(), w, n.ID, link("last")); err != nil {
			t.Errorf("after all: got %v; want no error", err)
		}
	})
}

// A server gives each request enough time for a healthy database.
func TestADatabaseThatTakesTooLongIsUnavailable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		w := storetest.NewWorkspace(t, s, "w")
		late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		n := phone.Number{ID: storetest.NewID(), Number: "+14155550100", Type: phone.PSTN}
		for what, call := range map[string]func() error{
			"read":      func() error { _, err := s.Number(late, w, n.ID); return err },
			"insert":    func() error { return s.InsertNumber(late, w, n, nil, phone.Claim{}) },
			"update":    func() error { _, err := s.UpdateNumber(late, w, n.ID, link("agent")); return err },
			"readiness": func() error { return s.Ping(late) },
		} {
			if err := call(); !errors.Is(err, phone.ErrStorageUnavailable) {
				t.Errorf("%s: got %v; want %v", what, err, phone.ErrStorageUnavailable)
			}
		}
	})
}

func TestNumbersOfAnotherWorkspaceAreOutOfReach(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		mine, theirs := storetest.NewWorkspace(t, s, "mine"), storetest.NewWorkspace(t, s, "theirs")
		n := storetest.Insert(t, s, theirs, "+14155550100")
		for name, call := range map[string]func() error{
			"get":    func() error { _, err := s.Number(t.Context(), mine, n.ID); return err },
			"link":   func() error { _, err := s.UpdateNumber(t.Context(), mine, n.ID, link("a")); return err },
			"delete": func() error { _, err := s.DeleteNumber(t.Context(), mine, n.ID); return err },
		} {
			if err := call(); !errors.Is(err, phone.ErrNotFound) {
				t.Errorf("%s: got %v; want %v", name, err, phone.ErrNotFound)
			}
		}
		if list, err := s.Numbers(t.Context(), mine, phone.Filter{Number: n.Number}, "", 10); err != nil || len(list) > 0 {
			t.Errorf("listed %v, %v; want none", list, err)
		}
		if got, err := s.Number(t.Context(), theirs, n.ID); err != nil || got != n {
			t.Errorf("theirs is %+v, %v; want %+v", got, err, n)
		}
	})
}

func TestOneFirstKeyWhoeverStarts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		for range 5 {
			s := storetest.Open(t, newDB(t))
			var made [16]bool
			var connected, starts sync.WaitGroup
			connected.Add(len(made))
			for i := range made {
				starts.Go(func() {
					err := s.Ping(t.Context())
					connected.Done()
					connected.Wait() // all have a connection, and start together
					k := workspace.Key{ID: storetest.NewID(), Name: "first", Workspace: workspace.Workspace{ID: storetest.NewID(), Name: "default"}, CreatedAt: time.Now()}
					if err == nil {
						made[i], err = s.InsertAPIKey(t.Context(), k, storetest.NewID(), true)
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			starts.Wait()
			keys, err := s.APIKeys(t.Context())
			dbtest.Must(t, err)
			count := 0
			for _, m := range made {
				if m {
					count++
				}
			}
			if len(keys) != 1 {
				t.Errorf("there are %d keys; want 1", len(keys))
			}
			if count != 1 {
				t.Errorf("%d starts made a key; want 1", count)
			}
		}
	})
}

// everyFilter returns a filter for each kind of list.
func everyFilter() map[string]phone.Filter {
	agent := "agent_7"
	return map[string]phone.Filter{
		"all": {}, "number": {Number: "+14155550100"}, "agent": {AgentID: &agent}, "not linked": {AgentID: new(string)},
		"type": {Type: phone.PSTN}, "rare type": {Type: phone.SIPUsername}, "agent and type": {AgentID: &agent, Type: phone.PSTN},
		"not linked and type": {AgentID: new(string), Type: phone.SIPUsername},
	}
}
