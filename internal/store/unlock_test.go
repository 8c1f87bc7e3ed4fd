package store_test

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/secret"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

func TestADatabaseOpensAgainWithAllThatWasInIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		database := newDB(t)
		s := storetest.Open(t, database)
		dbtest.Must(t, s.Unlock(t.Context(), storetest.Key))
		key := workspace.Key{
			ID: storetest.NewID(), Name: "ci", Workspace: workspace.Workspace{ID: storetest.NewID(), Name: "default"}, CreatedAt: time.UnixMilli(1_700_000_000_123).UTC(),
		}
		_, err := s.InsertAPIKey(t.Context(), key, "hash", false)
		dbtest.Must(t, err)
		key.LastUsed = time.UnixMilli(1_700_000_040_000).UTC()
		dbtest.Must(t, s.TouchAPIKeys(t.Context(), map[string]time.Time{key.ID: key.LastUsed}))
		w := key.Workspace.ID
		bought := storetest.Insert(t, s, w, "+14155550100")
		bought, err = s.UpdateNumber(t.Context(), w, bought.ID, link("agent_1"))
		dbtest.Must(t, err)
		sip, credentials := storetest.InsertSIP(t, s, w, "desk", "correct horse")
		_, err = s.AddToInventory(t.Context(), slices.Values([]string{"+14155550199"}), true)
		dbtest.Must(t, err)
		dbtest.Must(t, s.Close())

		again := storetest.Open(t, database)
		dbtest.Must(t, again.Unlock(t.Context(), storetest.Key))
		if got, err := again.Numbers(t.Context(), w, phone.Filter{}, "", 10); err != nil || !slices.Equal(got, []phone.Number{bought, sip}) {
			t.Errorf("numbers are %+v, %v; want %+v and %+v", got, err, bought, sip)
		}
		if got := again.SIPCredentials(t, w, sip.ID); got != credentials {
			t.Errorf("SIP credentials are %+v; want %+v", got, credentials)
		}
		if got, err := again.APIKeyByHash(t.Context(), "hash"); err != nil || got != key {
			t.Errorf("key is %+v, %v; want %+v", got, err, key)
		}
		if got, err := again.NumbersForSale(t.Context(), "+1", 10); err != nil || !slices.Equal(got, []string{"+14155550199"}) {
			t.Errorf("for sale are %q, %v; want +14155550199", got, err)
		}
	})
}

func TestCredentialsGoWithTheirNumber(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		w := storetest.NewWorkspace(t, s, "w")
		n, _ := storetest.InsertSIP(t, s, w, "support", "password")
		_, err := s.DeleteNumber(t.Context(), w, n.ID)
		dbtest.Must(t, err)
		left, err := sqldb.All(t.Context(), s.DB().Reader(), sqldb.ScanString, `SELECT number_id FROM sip_credentials`)
		if err != nil || len(left) > 0 {
			t.Errorf("the credentials of %q are left, %v; want none", left, err)
		}
	})
}

func TestASealedPasswordOpensInItsOwnRowOnly(t *testing.T) {
	ring, err := secret.Parse(secret.NewKey())
	dbtest.Must(t, err)
	sealed := ring.Seal("secret", store.PasswordContext("w1", "n1"))
	if got, err := ring.Open(sealed, store.PasswordContext("w1", "n1")); err != nil || got != "secret" {
		t.Errorf("opened %q, %v; want secret", got, err)
	}
	for _, other := range []string{store.PasswordContext("w2", "n1"), store.PasswordContext("w1", "n2"), ""} {
		if got, err := ring.Open(sealed, other); err == nil {
			t.Errorf("opened %q in %q; want an error", got, other)
		}
	}
}

// If several first starts have different keys, one succeeds. The others are refused, and leave nothing that it would need.
func TestFirstStartsWithDifferentKeys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		for range 5 {
			database := newDB(t)
			keys := []string{secret.NewKey(), secret.NewKey(), secret.NewKey(), secret.NewKey()}
			stores, failed := make([]*store.Store, len(keys)), make([]error, len(keys))
			for i := range stores {
				stores[i] = storetest.Open(t, database)
			}
			var starts sync.WaitGroup
			for i, s := range stores {
				starts.Go(func() { failed[i] = s.Unlock(t.Context(), keys[i]) })
			}
			starts.Wait()
			winners := 0
			for i, err := range failed {
				if err == nil {
					winners++
					dbtest.Must(t, storetest.Open(t, database).Unlock(t.Context(), keys[i]))
				}
			}
			if winners != 1 {
				t.Errorf("%d starts succeeded; want 1: %v", winners, failed)
			}
		}
	})
}

func TestAWrongOrLostKeyIsRefusedBeforeAnythingIsSealedWithIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, other := secret.NewKey(), secret.NewKey()
		for name, test := range map[string]struct {
			first, then string                  // the variable at both starts
			between     func(path string) error // what happens to the key file
			want        string                  // in the error; empty if it starts
		}{
			"same key":                       {old, old, nil, ""},
			"new key before the old one":     {old, other + "," + old, nil, ""},
			"old key before the new one":     {old, old + ", " + other, nil, ""},
			"another key":                    {old, other, nil, "wrong secret key"},
			"key lost, and no file":          {old, "", nil, "key file"},
			"same file":                      {"", "", nil, ""},
			"file lost":                      {"", "", os.Remove, "Restore the file from your backup"},
			"another file":                   {"", "", func(path string) error { return os.WriteFile(path, []byte(other), 0o600) }, "wrong secret key"},
			"file emptied":                   {"", "", func(path string) error { return os.Truncate(path, 0) }, "not 32 bytes in base64"},
			"another key beside a good file": {"", other, nil, "wrong secret key"},
			"no base64":                      {old, "hunter2", nil, "not 32 bytes in base64"},
			"short key":                      {old, "c2hvcnQ=", nil, "not 32 bytes in base64"},
		} {
			t.Run(name, func(t *testing.T) {
				database := newDB(t)
				if sqldb.IsPostgres(database) && (test.first == "" || test.then == "") {
					return // there is no key file; see TestPostgreSQLNeedsItsKeyFromTheEnvironment
				}
				s := storetest.Open(t, database)
				dbtest.Must(t, s.Unlock(t.Context(), test.first))
				w := storetest.NewWorkspace(t, s, "w")
				n, credentials := storetest.InsertSIP(t, s, w, "support", "password")
				dbtest.Must(t, s.Close())
				if test.between != nil {
					dbtest.Must(t, test.between(database+".key"))
				}

				again := storetest.Open(t, database)
				err := again.Unlock(t.Context(), test.then)
				if test.want == "" {
					dbtest.Must(t, err)
					if got := again.SIPCredentials(t, w, n.ID); got != credentials {
						t.Errorf("SIP credentials are %+v; want %+v", got, credentials)
					}
					return
				}
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("got the error %v; want %q in it", err, test.want)
				}
				for _, secret := range []string{old, other, "hunter2", "c2hvcnQ"} {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("the error shows a key: %v", err)
					}
				}
				if err := again.InsertNumber(t.Context(), w, phone.Number{ID: storetest.NewID(), Number: "x", Type: phone.SIPUsername}, &credentials, phone.Claim{}); err == nil {
					t.Error("a password was sealed all the same")
				}
				if left, err := again.Numbers(t.Context(), w, phone.Filter{Number: "x"}, "", 1); err != nil || len(left) > 0 {
					t.Errorf("left behind: %v, %v; want none", left, err)
				}
			})
		}
	})
}

// Once a new key has sealed something, the old one alone is no longer enough.
func TestAKeyThatHasSealedIsNeeded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, newest := secret.NewKey(), secret.NewKey()
		database := newDB(t)
		dbtest.Must(t, storetest.Open(t, database).Unlock(t.Context(), old))
		dbtest.Must(t, storetest.Open(t, database).Unlock(t.Context(), newest+","+old))
		for _, keys := range []string{old, newest} {
			if err := storetest.Open(t, database).Unlock(t.Context(), keys); err == nil || !strings.Contains(err.Error(), "wrong secret key") {
				t.Errorf(`with one of the two keys: got %v; want "wrong secret key" in it`, err)
			}
		}
		dbtest.Must(t, storetest.Open(t, database).Unlock(t.Context(), old+","+newest))
	})
}
