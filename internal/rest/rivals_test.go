package rest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client/raw"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/rest"
)

func TestOneOfManyRivalsGetsANumber(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		const rivals, rounds = 32, 5
		clients := make([]*raw.ClientWithResponses, rivals)
		for i := range clients {
			clients[i] = s.client(t, fmt.Sprintf("workspace %d", i%2))
		}
		for name, test := range map[string]struct {
			request func(rival int) api.CreatePhoneNumberInput
			lost    api.ProblemCode
		}{
			"purchase":   {func(int) api.CreatePhoneNumberInput { return api.Purchase(first) }, api.CodeNumberUnavailable},
			"sip_import": {func(int) api.CreatePhoneNumberInput { return sipImport(third) }, api.CodeNumberUnavailable},
			"SIP prefix in two spellings": {func(rival int) api.CreatePhoneNumberInput {
				return vogentSIP([]string{"Support", "sUPPORT"}[rival%2])
			}, api.CodeSIPPrefixTaken},
		} {
			t.Run(name, func(t *testing.T) {
				for range rounds {
					answers := make([]*raw.CreatePhoneNumberResponse, rivals)
					start := make(chan struct{})
					var race sync.WaitGroup
					for i, c := range clients {
						race.Go(func() {
							<-start
							var err error
							if answers[i], err = c.CreatePhoneNumberWithResponse(t.Context(), nil, test.request(i)); err != nil {
								t.Error(err)
							}
						})
					}
					close(start)
					race.Wait()

					winner := -1
					for i, answer := range answers {
						switch {
						case answer == nil:
							t.Fatal("a rival has no answer")
						case answer.JSON200 != nil && winner < 0:
							winner = i
						case answer.JSON200 != nil:
							t.Errorf("rivals %d and %d got the number; want one of them", winner, i)
						case answer.ApplicationProblemJSON422 == nil || answer.ApplicationProblemJSON422.Code != test.lost:
							t.Errorf("a rival that lost got %s; want 422 %s", answer.Body, test.lost)
						}
					}
					if winner < 0 {
						t.Fatal("no rival got the number; want one")
					}
					if _, err := clients[winner].DeletePhoneNumberWithResponse(t.Context(), answers[winner].JSON200.ID); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	})
}

// rush has rivals send the same requests to all servers at once. Half of the rivals disconnect at some point. rush checks that
// each request was carried out once, and that no key is stuck.
func rush(t *testing.T, urls []string, apiKey string, numbers []string, rivals int) {
	t.Helper()
	var race sync.WaitGroup
	start := make(chan struct{})
	var mu sync.Mutex
	bodies := map[string]map[string]bool{} // by number, the bodies that the callers who got it received
	for i, number := range numbers {
		for rival := range rivals {
			race.Go(func() {
				<-start
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if rival%2 == 1 {
					hangUp := time.AfterFunc(time.Duration(rand.IntN(20_000))*time.Microsecond, cancel)
					defer hangUp.Stop()
				}
				a, err := post(ctx, urls[rival%len(urls)], apiKey, purchaseBody(number), fmt.Sprint("key-", i))
				if err != nil {
					if ctx.Err() == nil {
						t.Error(err)
					}
					return
				}
				switch a.status {
				case http.StatusOK:
					mu.Lock()
					defer mu.Unlock()
					if bodies[number] == nil {
						bodies[number] = map[string]bool{}
					}
					bodies[number][a.body] = true
				case http.StatusConflict, http.StatusServiceUnavailable: // the caller has to retry
				default:
					t.Errorf("%s: got %v; want 200, 409 or 503", number, a)
				}
			})
		}
	}
	close(start)
	race.Wait()
	for i, number := range numbers {
		last := eventually(t, urls[0], apiKey, purchaseBody(number), fmt.Sprint("key-", i))
		if last.status != http.StatusOK {
			t.Errorf("%s: got %v; want 200", number, last)
		}
		for body := range bodies[number] {
			if body != last.body {
				t.Errorf("%s: one caller got %s; want %s, as another got", number, body, last.body)
			}
		}
	}
}

func TestFiftyRivalsAKeyBuyOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		numbers := []string{}
		for i := range 8 {
			numbers = append(numbers, fmt.Sprintf("+1415555%04d", i))
		}
		s := newServer(t, newDB(t), numbers...)
		other := newServerOn(t, s.database, func(*rest.Services) {})
		rush(t, []string{s.createURL(), other.createURL()}, s.key(t, "w"), numbers, 50)
		if got := listed(t, s.client(t, "w"), api.ListPhoneNumbersParams{}); len(got) != len(numbers) {
			t.Errorf("bought %q; want %q", got, numbers)
		} else if slices.Sort(got); !slices.Equal(got, numbers) {
			t.Errorf("bought %q; want %q", got, numbers)
		}
	})
}
