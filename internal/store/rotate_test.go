package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/secret"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

func TestRotationSealsEverythingUnderTheFirstKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, newest := secret.NewKey(), secret.NewKey()
		database := newDB(t)
		before := storetest.Open(t, database)
		dbtest.Must(t, before.Unlock(t.Context(), old))
		w, other := storetest.NewWorkspace(t, before, "w"), storetest.NewWorkspace(t, before, "other")
		const count = 2*store.RotatedAtOnce + 1
		made := map[string]string{} // by the id of the number
		for i := range count {
			n, c := storetest.InsertSIP(t, before, []string{w, other}[i%2], fmt.Sprintf("sip-%d", i), fmt.Sprintf("password %d", i))
			made[n.ID] = c.Password
		}

		both := storetest.Open(t, database)
		dbtest.Must(t, both.Unlock(t.Context(), newest+","+old))
		r, err := both.RotateSecrets(t.Context())
		dbtest.Must(t, err)
		if r.Passwords != count {
			t.Errorf("rotated %d passwords; want %d", r.Passwords, count)
		}
		if want := both.SecretKeyIDs()[0]; r.KeyID != want {
			t.Errorf("rotated to the key %s; want %s", r.KeyID, want)
		}
		if len(r.Needed) > 0 {
			t.Errorf("the keys %q are still needed; want none", r.Needed)
		}
		if r, err := both.RotateSecrets(t.Context()); err != nil || r.Passwords != 0 {
			t.Errorf("rotated again %d passwords, %v; want 0", r.Passwords, err)
		}

		alone := storetest.Open(t, database)
		dbtest.Must(t, alone.Unlock(t.Context(), newest))
		for id, password := range made {
			workspaceID := w
			if _, err := alone.Number(t.Context(), w, id); err != nil {
				workspaceID = other
			}
			if c := alone.SIPCredentials(t, workspaceID, id); c.Password != password {
				t.Errorf("password of %s is %q; want %q", id, c.Password, password)
			}
		}
		if err := storetest.Open(t, database).Unlock(t.Context(), old); err == nil {
			t.Error("the old key alone still starts; want an error")
		}
	})
}

// A server that was not restarted still seals with the old key. The next start without that key is refused, and the next
// rotation includes what the server has sealed.
func TestAServerThatARotationForgot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, newest := secret.NewKey(), secret.NewKey()
		database := newDB(t)
		forgotten, rotator := storetest.Open(t, database), storetest.Open(t, database)
		dbtest.Must(t, forgotten.Unlock(t.Context(), old))
		w := storetest.NewWorkspace(t, forgotten, "w")
		dbtest.Must(t, rotator.Unlock(t.Context(), newest+","+old))
		if _, err := rotator.RotateSecrets(t.Context()); err != nil {
			t.Fatal(err)
		}
		dbtest.Must(t, storetest.Open(t, database).Unlock(t.Context(), newest))
		n, credentials := storetest.InsertSIP(t, forgotten, w, "late", "password")

		if err := storetest.Open(t, database).Unlock(t.Context(), newest); err == nil {
			t.Error("the newest key alone starts, and cannot read what the forgotten server has sealed")
		}
		r, err := rotator.RotateSecrets(t.Context())
		dbtest.Must(t, err)
		if r.Passwords != 1 {
			t.Errorf("rotated %d passwords; want 1", r.Passwords)
		}
		if len(r.Needed) > 0 {
			t.Errorf("the keys %q are still needed; want none", r.Needed)
		}
		alone := storetest.Open(t, database)
		dbtest.Must(t, alone.Unlock(t.Context(), newest))
		if got := alone.SIPCredentials(t, w, n.ID); got != credentials {
			t.Errorf("SIP credentials are %+v; want %+v", got, credentials)
		}
	})
}

// The old key is needed as long as an idempotency key depends on it. A server that lacks the key that a claim was made with
// never tells a retry that its idempotency key was used for another request.
func TestIdempotencyKeysOutliveARotation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, newest := secret.NewKey(), secret.NewKey()
		database := newDB(t)
		before, both := storetest.Open(t, database), storetest.Open(t, database)
		dbtest.Must(t, before.Unlock(t.Context(), old))
		w := storetest.NewWorkspace(t, before, "w")
		now := time.Now()
		claim := func(s *store.Store, key, request string) (*phone.Number, error) {
			return s.ClaimIdempotencyKey(t.Context(), phone.Claim{WorkspaceID: w, Key: key, Token: storetest.NewID()}, []byte(request), now, time.Minute, time.Hour)
		}
		made := phone.Claim{WorkspaceID: w, Key: "k", Token: "me"}
		if _, err := before.ClaimIdempotencyKey(t.Context(), made, []byte("request"), now, time.Minute, time.Hour); err != nil {
			t.Fatal(err)
		}
		n := phone.Number{ID: storetest.NewID(), Number: "+14155550100", Type: phone.PSTN}
		dbtest.Must(t, before.InsertNumber(t.Context(), w, n, nil, made))

		dbtest.Must(t, both.Unlock(t.Context(), newest+","+old))
		r, err := both.RotateSecrets(t.Context())
		if want := before.SecretKeyIDs(); err != nil || !slices.Equal(r.Needed, want) {
			t.Errorf("needed are %q, %v; want %q", r.Needed, err, want)
		}
		got, err := claim(both, "k", "request")
		dbtest.Must(t, err)
		if got == nil || *got != n {
			t.Errorf("after the rotation: got %+v; want %+v", got, n)
		}
		if err := storetest.Open(t, database).Unlock(t.Context(), newest); err == nil {
			t.Error("the newest key alone starts; want an error")
		}
		if _, err := claim(both, "k2", "request"); err != nil { // with the newest key
			t.Fatal(err)
		}
		if _, err := claim(before, "k2", "request"); !errors.Is(err, phone.ErrStorageUnavailable) {
			t.Errorf("a server without the newest key: got %v; want %v", err, phone.ErrStorageUnavailable)
		}
		dbtest.Must(t, both.PruneIdempotencyKeys(t.Context(), now))
		if r, err := both.RotateSecrets(t.Context()); err != nil || len(r.Needed) > 0 {
			t.Errorf("a day later: needed are %q, %v; want none", r.Needed, err)
		}
	})
}

// A server that was not restarted claims with the old key. The next rotation says that the old key is still needed.
func TestAClaimOfAServerThatARotationForgot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, newest := secret.NewKey(), secret.NewKey()
		database := newDB(t)
		forgotten, rotator := storetest.Open(t, database), storetest.Open(t, database)
		dbtest.Must(t, forgotten.Unlock(t.Context(), old))
		w := storetest.NewWorkspace(t, forgotten, "w")
		dbtest.Must(t, rotator.Unlock(t.Context(), newest+","+old))
		_, err := rotator.RotateSecrets(t.Context())
		dbtest.Must(t, err)
		_, err = forgotten.ClaimIdempotencyKey(t.Context(), phone.Claim{WorkspaceID: w, Key: "k", Token: "me"}, []byte("request"), time.Now(), time.Minute, time.Hour)
		dbtest.Must(t, err)
		if r, err := rotator.RotateSecrets(t.Context()); err != nil || !slices.Equal(r.Needed, forgotten.SecretKeyIDs()) {
			t.Errorf("needed are %q, %v; want %q, for the claim", r.Needed, err, forgotten.SecretKeyIDs())
		}
	})
}

// Servers keep running during a rotation. Nothing that they change or delete comes back, and what they add with the new key
// stays.
func TestRotationWhileServersRun(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		old, newest := secret.NewKey(), secret.NewKey()
		database := newDB(t)
		first := storetest.Open(t, database)
		dbtest.Must(t, first.Unlock(t.Context(), old))
		w := storetest.NewWorkspace(t, first, "w")
		var ids []string
		for i := range 3 * store.RotatedAtOnce {
			n, _ := storetest.InsertSIP(t, first, w, fmt.Sprintf("sip-%d", i), "password")
			ids = append(ids, n.ID)
		}
		server, rotator := storetest.Open(t, database), storetest.Open(t, database)
		dbtest.Must(t, server.Unlock(t.Context(), newest+","+old))
		dbtest.Must(t, rotator.Unlock(t.Context(), newest+","+old))

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
				n := phone.Number{ID: storetest.NewID(), Number: fmt.Sprintf("new-%d", i), Type: phone.SIPUsername}
				if err := server.InsertNumber(t.Context(), w, n, &c, phone.Claim{}); err != nil {
					t.Error(err)
				}
			}
		})
		if _, err := rotator.RotateSecrets(t.Context()); err != nil {
			t.Error(err)
		}
		work.Wait()

		alone := storetest.Open(t, database)
		dbtest.Must(t, alone.Unlock(t.Context(), newest))
		numbers, err := alone.Numbers(t.Context(), w, phone.Filter{}, "", 10_000)
		dbtest.Must(t, err)
		if want := 2*store.RotatedAtOnce + 50; len(numbers) != want {
			t.Errorf("got %d numbers; want %d", len(numbers), want)
		}
		for _, n := range numbers {
			if c := alone.SIPCredentials(t, w, n.ID); c.Password != "password" {
				t.Errorf("password of %s is %q; want password", n.Number, c.Password)
			}
		}
	})
}
