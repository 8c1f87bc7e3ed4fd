package rest_test

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
)

// slowInventory is a carrier that responds only when a test lets it.
type slowInventory struct {
	phone.Inventory
	asked  chan struct{} // gets a value when the carrier is asked
	answer chan struct{} // lets the carrier respond
}

func (i *slowInventory) Offers(ctx context.Context, number string) (bool, error) {
	i.asked <- struct{}{}
	select {
	case <-i.answer:
		return i.Inventory.Offers(ctx, number)
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// newSlowServer starts a server on a database whose purchases wait for the carrier.
func newSlowServer(t *testing.T, path string) (*testServer, *slowInventory) {
	t.Helper()
	carrier := &slowInventory{asked: make(chan struct{}, 1), answer: make(chan struct{})}
	return newServerOn(t, path, func(services *rest.Services) {
		carrier.Inventory = services.Phone.Inventory
		services.Phone.Inventory = carrier
	}), carrier
}

func TestARequestInProgress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first, second)
		apiKey := s.key(t, "w")
		slow, carrier := newSlowServer(t, s.database)
		done := make(chan answer)
		go func() {
			a, err := post(context.Background(), slow.createURL(), apiKey, purchaseBody(first), "k")
			if err != nil {
				t.Error(err)
			}
			done <- a
		}()
		<-carrier.asked

		for name, url := range map[string]string{"on the same server": slow.createURL(), "on another server": s.createURL()} {
			a := mustPost(t, url, apiKey, purchaseBody(first), "k")
			wantAnswer(t, a, http.StatusConflict, api.CodeIdempotencyInProgress, "false")
			if a.header.Get("Retry-After") == "" {
				t.Errorf("%s: the headers are %v; want Retry-After", name, a.header)
			}
			wantAnswer(t, mustPost(t, url, apiKey, purchaseBody(second), "k"), http.StatusUnprocessableEntity, api.CodeIdempotencyKeyReused, "false")
		}
		wantAnswer(t, mustPost(t, s.createURL(), apiKey, purchaseBody(second), "another-key"), http.StatusOK, "", "false")

		close(carrier.answer)
		made := <-done
		wantAnswer(t, made, http.StatusOK, "", "false")
		for _, url := range []string{slow.createURL(), s.createURL()} {
			a := mustPost(t, url, apiKey, purchaseBody(first), "k")
			wantAnswer(t, a, http.StatusOK, "", "true")
			if a.body != made.body {
				t.Errorf("replayed %s; want %s", a.body, made.body)
			}
		}
	})
}

// If the process of a claim is gone, the claim still holds its key for half a minute. A request whose claim was taken over no
// longer creates anything, and the response tells the caller to retry: the key may have bought the number.
func TestAnAbandonedClaimIsTakenOver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		for name, freed := range map[string]bool{"and the number is owned": false, "and the number is free again": true} {
			t.Run(name, func(t *testing.T) {
				s := newServer(t, newDB(t), first)
				c, apiKey := s.client(t, "w"), s.key(t, "w")
				slow, carrier := newSlowServer(t, s.database)
				late := make(chan answer)
				go func() {
					a, err := post(context.Background(), slow.createURL(), apiKey, purchaseBody(first), "k")
					if err != nil {
						t.Error(err)
					}
					late <- a
				}()
				<-carrier.asked
				s.ahead.Store(int64(29 * time.Second))
				wantAnswer(t, mustPost(t, s.createURL(), apiKey, purchaseBody(first), "k"), http.StatusConflict, api.CodeIdempotencyInProgress, "false")
				s.ahead.Store(int64(31 * time.Second))
				made := mustPost(t, s.createURL(), apiKey, purchaseBody(first), "k")
				wantAnswer(t, made, http.StatusOK, "", "false")
				want := []string{first}
				if freed {
					bought := everyNumber(t, c, api.ListPhoneNumbersParams{})
					if len(bought) != 1 {
						t.Fatalf("the call got %v and there are %d numbers; want 1", made, len(bought))
					}
					if _, err := c.DeletePhoneNumberWithResponse(t.Context(), bought[0].ID); err != nil {
						t.Fatal(err)
					}
					want = []string{}
				}

				close(carrier.answer)
				wantAnswer(t, <-late, http.StatusConflict, api.CodeIdempotencyInProgress, "false")
				if got := listed(t, c, api.ListPhoneNumbersParams{}); !slices.Equal(got, want) {
					t.Errorf("owned are %q; want %q", got, want)
				}
				a := mustPost(t, s.createURL(), apiKey, purchaseBody(first), "k")
				wantAnswer(t, a, http.StatusOK, "", "true")
				if a.body != made.body {
					t.Errorf("replayed %s; want %s", a.body, made.body)
				}
			})
		}
	})
}

// brokenInventory panics at the first purchase.
type brokenInventory struct {
	phone.Inventory
	asked atomic.Bool
}

func (i *brokenInventory) Offers(ctx context.Context, number string) (bool, error) {
	if i.asked.CompareAndSwap(false, true) {
		panic("the carrier broke")
	}
	return i.Inventory.Offers(ctx, number)
}

func TestAPanicFreesTheKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		apiKey := s.key(t, "w")
		broken := newServerOn(t, s.database, func(services *rest.Services) {
			services.Phone.Inventory = &brokenInventory{Inventory: services.Phone.Inventory}
		})
		wantAnswer(t, mustPost(t, broken.createURL(), apiKey, purchaseBody(first), "k"), http.StatusInternalServerError, api.CodeInternal, "false")
		wantAnswer(t, mustPost(t, broken.createURL(), apiKey, purchaseBody(first), "k"), http.StatusOK, "", "false")
	})
}

// If a caller disconnects during a request, its key becomes free.
func TestAHangUpFreesTheKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		apiKey := s.key(t, "w")
		slow, carrier := newSlowServer(t, s.database)
		ctx, hangUp := context.WithCancel(t.Context())
		go func() {
			<-carrier.asked
			hangUp()
		}()
		if a, err := post(ctx, slow.createURL(), apiKey, purchaseBody(first), "k"); err == nil {
			t.Fatalf("got %v; want an error, because the caller hung up", a)
		}
		wantAnswer(t, eventually(t, s.createURL(), apiKey, purchaseBody(first), "k"), http.StatusOK, "", "false")
	})
}

// eventually retries until the request with the key is no longer in progress. That must be well before its lease ends.
func eventually(t *testing.T, url, apiKey, body, idempotencyKey string) answer {
	t.Helper()
	for deadline := time.Now().Add(25 * time.Second); ; {
		a, err := post(t.Context(), url, apiKey, body, idempotencyKey)
		if err != nil {
			t.Fatal(err)
		}
		if a.status != http.StatusConflict && a.status != http.StatusServiceUnavailable {
			return a
		}
		if time.Now().After(deadline) {
			t.Fatalf("the key is stuck: %v", a)
		}
		time.Sleep(10 * time.Millisecond) // between two polls
	}
}
