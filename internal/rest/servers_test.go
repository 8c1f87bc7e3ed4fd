package rest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client/raw"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/rest"
)

// Two server processes on one database behave like one server.

func TestClientsOfTwoServersGetEachNumberOnce(t *testing.T) {
	t.Parallel()
	var numbers []string
	for i := range 200 {
		numbers = append(numbers, fmt.Sprintf("+1415555%04d", i))
	}
	s := newServer(t, dbtest.Postgres(t), numbers...)
	servers := []*raw.ClientWithResponses{}
	for range 2 {
		servers = append(servers, clientOf(t, startProcess(t, s.database, neverCrash), s.key(t, "w")))
	}
	const clients = 64
	var sold [clients]int
	var buying sync.WaitGroup
	start := make(chan struct{})
	for i := range clients {
		buying.Go(func() {
			<-start
			for _, n := range rand.Perm(len(numbers)) { // each wants all of them
				a, err := servers[i%2].CreatePhoneNumberWithResponse(t.Context(), nil, api.Purchase(numbers[n]))
				switch {
				case err == nil && a.JSON200 != nil:
					sold[i]++
				case err != nil || a.ApplicationProblemJSON422 == nil || a.ApplicationProblemJSON422.Code != api.CodeNumberUnavailable:
					t.Errorf("%s: %v, %s", numbers[n], err, a.Body)
				}
			}
		})
	}
	close(start)
	buying.Wait()
	total := 0
	for _, n := range sold {
		total += n
	}
	owned := listed(t, s.client(t, "w"), api.ListPhoneNumbersParams{})
	if slices.Sort(owned); total != len(numbers) || !slices.Equal(owned, numbers) {
		t.Errorf("sold %d, owned %d of %d", total, len(owned), len(numbers))
	}
}

func TestAKeyThatIsRevokedThroughOneServerIsRefusedByTheOther(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		other := newServerOn(t, s.database, func(*rest.Services) {})
		revoked, valid := s.key(t, "w"), s.key(t, "w")
		want := func(when string, on *testServer, key string, status int) {
			t.Helper()
			if w := on.get(numbersPath, key); w.Code != status {
				t.Errorf("%s: the status is %d; want %d", when, w.Code, status)
			}
		}
		for _, on := range []*testServer{s, other} {
			want("before", on, revoked, http.StatusOK)
			want("before", on, valid, http.StatusOK)
		}
		keys, err := s.store.APIKeys(t.Context())
		dbtest.Must(t, err)
		dbtest.Must(t, s.keys.RevokeKey(t.Context(), keys[0].ID))
		want("at once, on the server that revoked it", s, revoked, http.StatusUnauthorized)
		other.ahead.Store(int64(5 * time.Second))
		want("5 seconds later, on the other server", other, revoked, http.StatusUnauthorized)
		for _, on := range []*testServer{s, other} {
			want("another key", on, valid, http.StatusOK)
		}
	})
}

// A number that stays in the list is on its pages exactly once, whatever others add and delete meanwhile.
func TestPagesStayExactWhileOthersWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t))
		c, writing := s.client(t, "w"), s.client(t, "w")
		var stay []string
		for i := range 200 {
			stay = append(stay, create(t, c, sipImport(fmt.Sprintf("+1500555%04d", i))).Number)
		}
		stop, written := make(chan struct{}), atomic.Int64{}
		var writers sync.WaitGroup
		for w := range 4 {
			writers.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					made, err := writing.CreatePhoneNumberWithResponse(t.Context(), nil, sipImport(fmt.Sprintf("+15006%d%05d", w, i)))
					if err != nil || made.JSON200 == nil {
						t.Error(err)
						return
					}
					written.Add(1)
					if i%2 == 0 {
						_, err = writing.DeletePhoneNumberWithResponse(t.Context(), made.JSON200.ID)
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		limit := 7
		for range 10 {
			seen := map[string]int{}
			for _, number := range listed(t, c, api.ListPhoneNumbersParams{Limit: &limit}) {
				seen[number]++
			}
			for number, times := range seen {
				if times != 1 {
					t.Errorf("%s is there %d times", number, times)
				}
			}
			for _, number := range stay {
				if seen[number] != 1 {
					t.Errorf("%s is there %d times", number, seen[number])
				}
			}
		}
		close(stop)
		writers.Wait()
		if written.Load() == 0 {
			t.Error("nobody wrote; this shows nothing")
		}
	})
}
