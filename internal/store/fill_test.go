package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

func TestFillPutsEverythingIntoAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		mine, theirs := workspace.Workspace{ID: storetest.NewID(), Name: "mine"}, workspace.Workspace{ID: storetest.NewID(), Name: "theirs"}
		key := workspace.Key{ID: storetest.NewID(), Name: "ci", Workspace: theirs}
		bought, address := fullNumber(t), phone.Number{ID: storetest.NewID(), Number: "Support", Type: phone.SIPUsername}
		sip := phone.SIPCredentials{Username: "caller", Password: "correct horse"}
		now := time.UnixMilli(1_000_000).UTC()
		dbtest.Must(t, s.Fill(t.Context(), store.Content{
			Workspaces: []workspace.Workspace{mine, theirs},
			Keys:       []store.HashedKey{{Key: key, Hash: "h"}},
			Numbers:    []store.OwnedNumber{{Number: bought, WorkspaceID: mine.ID}, {Number: address, WorkspaceID: theirs.ID, SIP: &sip}},
			ForSale:    []string{"+14155550123"},
		}, now))

		key.CreatedAt = now
		if got, err := s.APIKeyByHash(t.Context(), "h"); err != nil || got != key {
			t.Errorf("the key is %+v, %v; want %+v", got, err, key)
		}
		if got, err := s.Number(t.Context(), mine.ID, bought.ID); err != nil || got != bought {
			t.Errorf("the bought number: %s; the error is %v: %s", differences(got, bought), err, place)
		}
		if got, err := s.Numbers(t.Context(), theirs.ID, phone.Filter{Number: "support"}, "", 2); err != nil || !slices.Equal(got, []phone.Number{address}) {
			t.Errorf("the SIP address is %+v, %v; want %+v", got, err, address)
		}
		if got := s.SIPCredentials(t, theirs.ID, address.ID); got != sip {
			t.Errorf("the SIP credentials are %+v; want %+v", got, sip)
		}
		if got, err := s.NumbersForSale(t.Context(), "+1", 2); err != nil || !slices.Equal(got, []string{"+14155550123"}) {
			t.Errorf("for sale are %q, %v; want +14155550123", got, err)
		}
	})
}

func TestFillKeepsTheFictionalNumbersUnlessThereAreOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		forSale []string
		want    bool
	}{"no list": {nil, true}, "an empty list": {[]string{}, false}, "others": {[]string{"+14155550199"}, false}} {
		s := storetest.Unlocked(t, sqldb.InMemory)
		dbtest.Must(t, s.Fill(t.Context(), store.Content{ForSale: test.forSale}, time.Now()))
		if offers, err := s.Offers(t.Context(), "+14155550100"); err != nil || offers != test.want {
			t.Errorf("%s: offers is %t, %v; want %t", name, offers, err, test.want)
		}
	}
}

func TestFillIsOneTransactionOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		database := newDB(t)
		s := storetest.Unlocked(t, database)
		w := workspace.Workspace{ID: storetest.NewID(), Name: "w"}
		number := store.OwnedNumber{Number: phone.Number{ID: storetest.NewID(), Number: "+14155550100", Type: phone.PSTN}, WorkspaceID: w.ID}
		same := number
		same.ID = storetest.NewID()
		twice := store.Content{Workspaces: []workspace.Workspace{w}, Numbers: []store.OwnedNumber{number, same}}
		if err := s.Fill(t.Context(), twice, time.Now()); !sqldb.IsDuplicate(err) {
			t.Errorf("a number twice: got %v; want the error for a duplicate", err)
		}
		once := store.Content{Workspaces: twice.Workspaces, Numbers: twice.Numbers[:1]}
		dbtest.Must(t, s.Fill(t.Context(), once, time.Now())) // nothing is there from before
		if err := s.Fill(t.Context(), store.Content{}, time.Now()); err == nil {
			t.Error("a database that is not empty was filled; want an error")
		}
		if err := storetest.Open(t, sqldb.InMemory).Fill(t.Context(), store.Content{}, time.Now()); err == nil {
			t.Error("a store that is locked was filled; want an error")
		}
	})
}
