package store

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// sipCredentials reads what InsertNumber has sealed.
func sipCredentials(t *testing.T, s *Store, workspaceID, id string) phone.SIPCredentials {
	t.Helper()
	var c phone.SIPCredentials
	var sealed string
	must(t, s.reader.QueryRowContext(t.Context(), `
		SELECT username, password, termination_uri FROM sip_credentials
		WHERE workspace_id = $1 AND number_id = $2`, workspaceID, id).Scan(&c.Username, &sealed, &c.TerminationURI))
	password, err := s.secrets.open(sealed, passwordContext(workspaceID, id))
	must(t, err)
	c.Password = password
	return c
}

func insertSIP(t *testing.T, s *Store, workspaceID, prefix, password string) (phone.Number, phone.SIPCredentials) {
	t.Helper()
	n := phone.Number{ID: newID(), Number: prefix, Type: phone.SIPUsername}
	c := phone.SIPCredentials{Username: "caller", Password: password, TerminationURI: "sip.example.com"}
	must(t, s.InsertNumber(t.Context(), workspaceID, n, &c, phone.Claim{}))
	return n, c
}

func TestADatabaseOpensAgainWithAllThatWasInIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		database := newDB(t)
		s := open(t, database)
		must(t, s.Unlock(t.Context(), testKey))
		key := workspace.Key{
			ID: newID(), Name: "ci", Workspace: workspace.Workspace{ID: newID(), Name: "default"}, CreatedAt: time.UnixMilli(1_700_000_000_123).UTC(),
		}
		_, err := s.InsertKey(t.Context(), key, "hash", false)
		must(t, err)
		key.LastUsed = time.UnixMilli(1_700_000_040_000).UTC()
		must(t, s.TouchKeys(t.Context(), map[string]time.Time{key.ID: key.LastUsed}))
		w := key.Workspace.ID
		bought := insert(t, s, w, "+14155550100")
		bought, err = s.UpdateNumber(t.Context(), w, bought.ID, link("agent_1"))
		must(t, err)
		sip, credentials := insertSIP(t, s, w, "desk", "correct horse")
		_, err = s.FillInventory(t.Context(), slices.Values([]string{"+14155550199"}))
		must(t, err)
		must(t, s.Close())

		again := open(t, database)
		must(t, again.Unlock(t.Context(), testKey))
		if numbers, err := again.Numbers(t.Context(), w, phone.Filter{}, "", 10); err != nil || !slices.Equal(numbers, []phone.Number{bought, sip}) {
			t.Errorf("numbers are %+v, %v", numbers, err)
		}
		if got := sipCredentials(t, again, w, sip.ID); got != credentials {
			t.Errorf("SIP credentials are %+v", got)
		}
		if got, err := again.KeyByHash(t.Context(), "hash"); err != nil || got != key {
			t.Errorf("key is %+v, %v; want %+v", got, err, key)
		}
		if numbers, err := again.NumbersForSale(t.Context(), "+1", 10); err != nil || !slices.Equal(numbers, []string{"+14155550199"}) {
			t.Errorf("for sale are %q, %v", numbers, err)
		}
	})
}

func TestCredentialsGoWithTheirNumber(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := unlocked(t, newDB(t))
		w := newWorkspace(t, s, "w")
		n, _ := insertSIP(t, s, w, "support", "password")
		_, err := s.DeleteNumber(t.Context(), w, n.ID)
		must(t, err)
		var left int
		must(t, s.reader.QueryRowContext(t.Context(), `SELECT count(*) FROM sip_credentials`).Scan(&left))
		if left != 0 {
			t.Errorf("%d credentials are left", left)
		}
	})
}

func TestASealedPasswordOpensInItsOwnRowOnly(t *testing.T) {
	ring, err := parseKeyring(newKeyText())
	must(t, err)
	sealed, err := ring.seal("secret", passwordContext("w1", "n1"))
	must(t, err)
	if got, err := ring.open(sealed, passwordContext("w1", "n1")); err != nil || got != "secret" {
		t.Errorf("opened %q, %v", got, err)
	}
	for _, other := range []string{passwordContext("w2", "n1"), passwordContext("w1", "n2"), ""} {
		if got, err := ring.open(sealed, other); err == nil {
			t.Errorf("opened %q in %s", got, other)
		}
	}
	for i := range sealed {
		damaged := []byte(sealed)
		damaged[i] ^= 1
		if got, err := ring.open(string(damaged), passwordContext("w1", "n1")); err == nil {
			t.Errorf("opened %q, damaged at %d", got, i)
		}
	}
	if again, err := ring.seal("secret", passwordContext("w1", "n1")); err != nil || again == sealed {
		t.Errorf("sealed the same text to the same: %v", err)
	}
}

// Of two first starts with different keys, one is refused and leaves nothing behind that the other would need.
func TestFirstStartsWithDifferentKeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		for range 5 {
			database := newDB(t)
			keys := []string{newKeyText(), newKeyText(), newKeyText(), newKeyText()}
			stores, failed := make([]*Store, len(keys)), make([]error, len(keys))
			for i := range stores {
				stores[i] = open(t, database)
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
					must(t, open(t, database).Unlock(t.Context(), keys[i]))
				}
			}
			if winners != 1 {
				t.Errorf("%d starts succeeded: %v", winners, failed)
			}
		}
	})
}

func TestAWrongOrLostKeyIsRefusedBeforeAnythingIsSealedWithIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, other := newKeyText(), newKeyText()
		for name, test := range map[string]struct {
			first, then string                  // the variable at both starts
			between     func(path string) error // what happens to the key file
			want        string                  // in the error; empty: it starts
		}{
			"same key":                       {old, old, nil, ""},
			"new key before the old one":     {old, other + "," + old, nil, ""},
			"old key before the new one":     {old, old + ", " + other, nil, ""},
			"another key":                    {old, other, nil, "wrong secret key"},
			"key lost, and no file":          {old, "", nil, "key file"},
			"same file":                      {"", "", nil, ""},
			"file lost":                      {"", "", os.Remove, "Put the file back from your backup"},
			"another file":                   {"", "", func(path string) error { return os.WriteFile(path, []byte(other), 0o600) }, "wrong secret key"},
			"file emptied":                   {"", "", func(path string) error { return os.Truncate(path, 0) }, "base64 of 32 bytes"},
			"another key beside a good file": {"", other, nil, "wrong secret key"},
			"no base64":                      {old, "hunter2", nil, "base64 of 32 bytes"},
			"short key":                      {old, "c2hvcnQ=", nil, "base64 of 32 bytes"},
		} {
			t.Run(name, func(t *testing.T) {
				database := newDB(t)
				if IsPostgres(database) && (test.first == "" || test.then == "") {
					return // there is no key file; see TestPostgreSQLNeedsItsKeyFromTheEnvironment
				}
				s := open(t, database)
				must(t, s.Unlock(t.Context(), test.first))
				w := newWorkspace(t, s, "w")
				n, credentials := insertSIP(t, s, w, "support", "password")
				must(t, s.Close())
				if test.between != nil {
					must(t, test.between(database+".key"))
				}

				again := open(t, database)
				err := again.Unlock(t.Context(), test.then)
				if test.want == "" {
					must(t, err)
					if got := sipCredentials(t, again, w, n.ID); got != credentials {
						t.Errorf("SIP credentials are %+v", got)
					}
					return
				}
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("got %v; want %q", err, test.want)
				}
				for _, secret := range []string{old, other, "hunter2", "c2hvcnQ"} {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("the error shows a key: %v", err)
					}
				}
				if err := again.InsertNumber(t.Context(), w, phone.Number{ID: newID(), Number: "x", Type: phone.SIPUsername}, &credentials, phone.Claim{}); err == nil {
					t.Error("a password was sealed all the same")
				}
				if left, err := again.Numbers(t.Context(), w, phone.Filter{Number: "x"}, "", 1); err != nil || len(left) > 0 {
					t.Errorf("left behind: %v, %v", left, err)
				}
			})
		}
	})
}

// Once a new key has sealed something, the old one alone is not enough any more.
func TestAKeyThatHasSealedIsNeeded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, newest := newKeyText(), newKeyText()
		database := newDB(t)
		must(t, open(t, database).Unlock(t.Context(), old))
		must(t, open(t, database).Unlock(t.Context(), newest+","+old))
		for _, keys := range []string{old, newest} {
			if err := open(t, database).Unlock(t.Context(), keys); err == nil || !strings.Contains(err.Error(), "wrong secret key") {
				t.Errorf("with one of the two keys: %v", err)
			}
		}
		must(t, open(t, database).Unlock(t.Context(), old+","+newest))
	})
}

func TestRotationSealsEverythingUnderTheFirstKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, newest := newKeyText(), newKeyText()
		database := newDB(t)
		before := open(t, database)
		must(t, before.Unlock(t.Context(), old))
		w, other := newWorkspace(t, before, "w"), newWorkspace(t, before, "other")
		const count = 2*rotatedAtOnce + 1
		made := map[string]string{} // by number id
		for i := range count {
			n, c := insertSIP(t, before, []string{w, other}[i%2], fmt.Sprintf("sip-%d", i), fmt.Sprintf("password %d", i))
			made[n.ID] = c.Password
		}

		both := open(t, database)
		must(t, both.Unlock(t.Context(), newest+","+old))
		r, err := both.RotateSecrets(t.Context())
		if err != nil || r.Passwords != count || r.KeyID != both.secrets.ids()[0] || len(r.Needed) > 0 {
			t.Fatalf("rotated %+v, %v", r, err)
		}
		if r, err := both.RotateSecrets(t.Context()); err != nil || r.Passwords != 0 {
			t.Errorf("rotated again %+v, %v", r, err)
		}

		alone := open(t, database)
		must(t, alone.Unlock(t.Context(), newest))
		for id, password := range made {
			workspaceID := w
			if _, err := alone.Number(t.Context(), w, id); err != nil {
				workspaceID = other
			}
			if c := sipCredentials(t, alone, workspaceID, id); c.Password != password {
				t.Errorf("password of %s is %q; want %q", id, c.Password, password)
			}
		}
		if err := open(t, database).Unlock(t.Context(), old); err == nil {
			t.Error("the old key alone still starts")
		}
	})
}

// A server that was not restarted still seals with the old key: the next start without that key is refused, and the next
// rotation reaches what it has sealed.
func TestAServerThatARotationForgot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, newest := newKeyText(), newKeyText()
		database := newDB(t)
		forgotten, rotator := open(t, database), open(t, database)
		must(t, forgotten.Unlock(t.Context(), old))
		w := newWorkspace(t, forgotten, "w")
		must(t, rotator.Unlock(t.Context(), newest+","+old))
		if _, err := rotator.RotateSecrets(t.Context()); err != nil {
			t.Fatal(err)
		}
		must(t, open(t, database).Unlock(t.Context(), newest))
		n, credentials := insertSIP(t, forgotten, w, "late", "password")

		if err := open(t, database).Unlock(t.Context(), newest); err == nil {
			t.Error("the newest key alone starts, and cannot read what the forgotten server has sealed")
		}
		if r, err := rotator.RotateSecrets(t.Context()); err != nil || r.Passwords != 1 || len(r.Needed) > 0 {
			t.Errorf("rotated %+v, %v", r, err)
		}
		alone := open(t, database)
		must(t, alone.Unlock(t.Context(), newest))
		if got := sipCredentials(t, alone, w, n.ID); got != credentials {
			t.Errorf("SIP credentials are %+v", got)
		}
	})
}

// The old key is needed as long as an idempotency key hangs on it, and without it a retry is never told that its key was
// used for another request.
func TestIdempotencyKeysOutliveARotation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, newest := newKeyText(), newKeyText()
		database := newDB(t)
		before, both := open(t, database), open(t, database)
		must(t, before.Unlock(t.Context(), old))
		w := newWorkspace(t, before, "w")
		now := time.Now()
		claim := func(s *Store, key, request string) (*phone.Number, error) {
			return s.ClaimKey(t.Context(), phone.Claim{WorkspaceID: w, Key: key, Token: newID()}, []byte(request), now, time.Minute, time.Hour)
		}
		made := phone.Claim{WorkspaceID: w, Key: "k", Token: "me"}
		if _, err := before.ClaimKey(t.Context(), made, []byte("request"), now, time.Minute, time.Hour); err != nil {
			t.Fatal(err)
		}
		n := phone.Number{ID: newID(), Number: "+14155550100", Type: phone.PSTN}
		must(t, before.InsertNumber(t.Context(), w, n, nil, made))

		must(t, both.Unlock(t.Context(), newest+","+old))
		r, err := both.RotateSecrets(t.Context())
		if err != nil || !slices.Equal(r.Needed, before.secrets.ids()) {
			t.Errorf("rotated %+v, %v", r, err)
		}
		if got, err := claim(both, "k", "request"); err != nil || *got != n {
			t.Errorf("after the rotation: %v, %v", got, err)
		}
		if err := open(t, database).Unlock(t.Context(), newest); err == nil {
			t.Error("the newest key alone starts")
		}
		if _, err := claim(both, "k2", "request"); err != nil { // with the newest key
			t.Fatal(err)
		}
		if _, err := claim(before, "k2", "request"); !errors.Is(err, phone.ErrStorageUnavailable) {
			t.Errorf("a server without the newest key says %v", err)
		}
		must(t, both.PruneKeys(t.Context(), now))
		if r, err := both.RotateSecrets(t.Context()); err != nil || len(r.Needed) > 0 {
			t.Errorf("a day later: rotated %+v, %v", r, err)
		}
	})
}

// A server that was not restarted claims with the old key; the next rotation says that the key is still needed.
func TestAClaimOfAServerThatARotationForgot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, newest := newKeyText(), newKeyText()
		database := newDB(t)
		forgotten, rotator := open(t, database), open(t, database)
		must(t, forgotten.Unlock(t.Context(), old))
		w := newWorkspace(t, forgotten, "w")
		must(t, rotator.Unlock(t.Context(), newest+","+old))
		_, err := rotator.RotateSecrets(t.Context())
		must(t, err)
		_, err = forgotten.ClaimKey(t.Context(), phone.Claim{WorkspaceID: w, Key: "k", Token: "me"}, []byte("request"), time.Now(), time.Minute, time.Hour)
		must(t, err)
		if r, err := rotator.RotateSecrets(t.Context()); err != nil || !slices.Equal(r.Needed, forgotten.secrets.ids()) {
			t.Errorf("rotated %+v, %v; the claim needs %v", r, err, forgotten.secrets.ids())
		}
	})
}

// Servers go on during a rotation: nothing that they change or delete comes back, and what they add with the new key stays.
func TestRotationWhileServersRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, newest := newKeyText(), newKeyText()
		database := newDB(t)
		first := open(t, database)
		must(t, first.Unlock(t.Context(), old))
		w := newWorkspace(t, first, "w")
		var ids []string
		for i := range 3 * rotatedAtOnce {
			n, _ := insertSIP(t, first, w, fmt.Sprintf("sip-%d", i), "password")
			ids = append(ids, n.ID)
		}
		server, rotator := open(t, database), open(t, database)
		must(t, server.Unlock(t.Context(), newest+","+old))
		must(t, rotator.Unlock(t.Context(), newest+","+old))

		var work sync.WaitGroup
		work.Go(func() {
			for i, id := range ids {
				if i%3 == 0 {
					if _, err := server.DeleteNumber(t.Context(), w, id); err != nil {
						t.Error(err)
					}
				}
			}
			for i := range 50 {
				c := phone.SIPCredentials{Username: "caller", Password: "password"}
				n := phone.Number{ID: newID(), Number: fmt.Sprintf("new-%d", i), Type: phone.SIPUsername}
				if err := server.InsertNumber(t.Context(), w, n, &c, phone.Claim{}); err != nil {
					t.Error(err)
				}
			}
		})
		if _, err := rotator.RotateSecrets(t.Context()); err != nil {
			t.Error(err)
		}
		work.Wait()

		alone := open(t, database)
		must(t, alone.Unlock(t.Context(), newest))
		numbers, err := alone.Numbers(t.Context(), w, phone.Filter{}, "", 10_000)
		must(t, err)
		if len(numbers) != 2*rotatedAtOnce+50 {
			t.Errorf("%d numbers", len(numbers))
		}
		for _, n := range numbers {
			if c := sipCredentials(t, alone, w, n.ID); c.Password != "password" {
				t.Errorf("password of %s is %q", n.Number, c.Password)
			}
		}
	})
}

// A request has a password in it that can be guessed: a plain hash of it would confirm the guess.
func TestAFingerprintNeedsTheSecretKey(t *testing.T) {
	request := []byte(`{"password":"12345"}`)
	rings := make([]*keyring, 2)
	for i := range rings {
		var err error
		rings[i], err = parseKeyring(newKeyText())
		must(t, err)
	}
	mine, err := rings[0].fingerprint(request)
	must(t, err)
	others, err := rings[1].fingerprint(request)
	must(t, err)
	if _, mac, _ := strings.Cut(mine, ":"); strings.HasSuffix(others, mac) {
		t.Error("two keys make the same fingerprint of a request")
	}
	both := &keyring{keys: slices.Concat(rings[1].keys, rings[0].keys)}
	for name, test := range map[string]struct {
		ring    *keyring
		request string
		same    bool
		err     error
	}{
		"same request":           {rings[0], string(request), true, nil},
		"another request":        {rings[0], `{"password":"12346"}`, false, nil},
		"another key":            {rings[1], string(request), false, errWrongKey},
		"a new key in the front": {both, string(request), true, nil},
	} {
		if same, err := test.ring.matches(mine, []byte(test.request)); same != test.same || !errors.Is(err, test.err) {
			t.Errorf("%s: %t, %v", name, same, err)
		}
	}
}
