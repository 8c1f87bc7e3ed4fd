package rest_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
)

// answer is what a keyed call got.
type answer struct {
	status   int
	replayed string // the Idempotent-Replayed header
	header   http.Header
	body     string
}

func (a answer) String() string {
	return fmt.Sprintf("%d replayed=%q %s", a.status, a.replayed, strings.TrimSpace(a.body))
}

// post sends a body under idempotency keys; more than one is a header that is there more than once.
func post(ctx context.Context, url, apiKey, body string, idempotencyKey ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+apiKey)
	r.Header.Set("Content-Type", "application/json")
	for _, k := range idempotencyKey {
		r.Header.Add("Idempotency-Key", k)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	content, err := io.ReadAll(response.Body)
	if closed := response.Body.Close(); err == nil {
		err = closed
	}
	return answer{response.StatusCode, response.Header.Get("Idempotent-Replayed"), response.Header, string(content)}, err
}

func mustPost(t *testing.T, url, apiKey, body string, idempotencyKey ...string) answer {
	t.Helper()
	a, err := post(t.Context(), url, apiKey, body, idempotencyKey...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *testServer) createURL() string   { return s.url + "/api/phone_numbers" }
func (s *testServer) purchaseURL() string { return s.url + "/api/phone_numbers/purchase" }

func purchaseBody(number string) string {
	return fmt.Sprintf(`{"type":"purchase","purchase":{"number":%q}}`, number)
}

// wantAnswer fails the test unless an answer has the status, the code of a problem (unless it is empty) and the header
// Idempotent-Replayed.
func wantAnswer(t *testing.T, a answer, status int, code api.ProblemCode, replayed string) {
	t.Helper()
	if a.status != status {
		t.Errorf("got %v; want the status %d", a, status)
	}
	if a.replayed != replayed {
		t.Errorf("got %v; want replayed=%q", a, replayed)
	}
	if code != "" && !strings.Contains(a.body, fmt.Sprintf(`"code":%q`, code)) {
		t.Errorf("got %v; want the code %s", a, code)
	}
}

func TestTheSameRequestUnderAKeyGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first, second)
		apiKey := s.key(t, "w")
		for name, call := range map[string]struct{ url, body, sameBody, otherBody string }{
			"purchase": {s.purchaseURL(), `{"number":"` + first + `"}`, ` { "number" : "` + first + `" } `, `{"number":"` + second + `"}`},
			"create_by_purchase": {
				s.createURL(), purchaseBody(second), `{"purchase":{"number":"` + second + `"},"type":"purchase","sipImport":null}`, purchaseBody(first),
			},
			"sip_import": {
				s.createURL(),
				`{"type":"sip_import","sipImport":{"phoneNumber":"+18001234567","terminationUri":"sip.example.com","username":"u","password":"p1"}}`,
				`{"type":"sip_import","sipImport":{"password":"p1","phoneNumber":"+18001234567","terminationUri":"sip.example.com","username":"u"}}`,
				`{"type":"sip_import","sipImport":{"phoneNumber":"+18001234567","terminationUri":"sip.example.com","username":"u","password":"p2"}}`,
			},
			"vogent_sip": {
				s.createURL(),
				`{"type":"vogent_sip","vogentSip":{"sipPrefix":"Support","username":"caller","password":"12345"}}`,
				`{"type":"vogent_sip","vogentSip":{"sipPrefix":"Support","username":"caller","password":"12345"}}`,
				`{"type":"vogent_sip","vogentSip":{"sipPrefix":"support","username":"caller","password":"12345"}}`,
			},
		} {
			t.Run(name, func(t *testing.T) {
				made := mustPost(t, call.url, apiKey, call.body, name)
				wantAnswer(t, made, http.StatusOK, "", "false")
				for _, again := range []string{call.body, call.sameBody} {
					a := mustPost(t, call.url, apiKey, again, name)
					wantAnswer(t, a, http.StatusOK, "", "true")
					if a.body != made.body {
						t.Errorf("replayed %s; want %s", a.body, made.body)
					}
				}
				wantAnswer(t, mustPost(t, call.url, apiKey, call.otherBody, name), http.StatusUnprocessableEntity, api.CodeIdempotencyKeyReused, "false")
			})
		}
		wantAnswer(t, mustPost(t, s.createURL(), apiKey, purchaseBody(first), "purchase"), http.StatusUnprocessableEntity, api.CodeIdempotencyKeyReused, "false")

		without := mustPost(t, s.createURL(), apiKey, purchaseBody(first))
		wantAnswer(t, without, http.StatusUnprocessableEntity, api.CodeNumberUnavailable, "")
	})
}

func TestAReplayIsTheAnswerAsItWas(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		c, apiKey := s.client(t, "w"), s.key(t, "w")
		made := mustPost(t, s.createURL(), apiKey, purchaseBody(first), "k")
		bought := everyNumber(t, c, api.ListPhoneNumbersParams{})
		if len(bought) != 1 {
			t.Fatalf("the call got %v and there are %d numbers; want 1", made, len(bought))
		}
		id := bought[0].ID
		if _, err := c.UpdatePhoneNumberWithResponse(t.Context(), id, api.UpdatePhoneNumberInput{AgentID: api.LinkAgent("a")}); err != nil {
			t.Fatal(err)
		}
		wantReplay := func(when string) {
			t.Helper()
			a := mustPost(t, s.createURL(), apiKey, purchaseBody(first), "k")
			if a.replayed != "true" {
				t.Errorf("%s: got %v; want replayed=\"true\"", when, a)
			}
			if a.body != made.body {
				t.Errorf("%s: the body is %s; want %s", when, a.body, made.body)
			}
		}
		wantReplay("after a link")
		if _, err := c.DeletePhoneNumberWithResponse(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		wantReplay("after a delete")
		if got := listed(t, c, api.ListPhoneNumbersParams{}); len(got) > 0 {
			t.Errorf("after the replay listed %q; want none", got)
		}
	})
}

func TestKeysBareAndQuotedAreTheSame(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		apiKey := s.key(t, "w")
		for i, same := range [][]string{{`k1`, `"k1"`}, {`"a\"b\\c"`, `a"b\c`}, {strings.Repeat("k", 255), `"` + strings.Repeat("k", 255) + `"`}} {
			body := fmt.Sprintf(`{"type":"vogent_sip","vogentSip":{"sipPrefix":"p%d","username":"caller","password":"12345"}}`, i)
			wantAnswer(t, mustPost(t, s.createURL(), apiKey, body, same[0]), http.StatusOK, "", "false")
			wantAnswer(t, mustPost(t, s.createURL(), apiKey, body, same[1]), http.StatusOK, "", "true")
		}
	})
}

func TestAMalformedKeyIsRefusedAndNothingIsMade(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		apiKey := s.key(t, "w")
		for name, keys := range map[string][]string{
			"empty": {""}, "empty quoted": {`""`}, "too long": {strings.Repeat("k", 256)}, "too long quoted": {`"` + strings.Repeat("k", 256) + `"`},
			"space": {"a b"}, "quoted space": {`"a b"`}, "not ASCII": {"kü"}, "quote not closed": {`"k`}, "one quote": {`"`},
			"quote inside quotes": {`"a"b"`}, "bad escape": {`"a\b"`}, "two keys": {"a", "a"}, "after the quotes": {`"a";x=1`},
		} {
			for _, url := range []string{s.createURL(), s.purchaseURL()} {
				body := purchaseBody(first)
				if url == s.purchaseURL() {
					body = `{"number":"` + first + `"}`
				}
				a := mustPost(t, url, apiKey, body, keys...)
				wantAnswer(t, a, http.StatusBadRequest, api.CodeInvalidRequest, "false")
				if !strings.Contains(a.body, `"pointer":"Idempotency-Key"`) {
					t.Errorf("%s: got %v; want the pointer Idempotency-Key", name, a)
				}
			}
		}
		wantAnswer(t, mustPost(t, s.createURL(), apiKey, purchaseBody(first), "k"), http.StatusOK, "", "false")
	})
}

func TestKeysOfWorkspacesAreApart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first, second)
		mine, theirs := s.key(t, "mine"), s.key(t, "theirs")
		wantAnswer(t, mustPost(t, s.createURL(), mine, purchaseBody(first), "k"), http.StatusOK, "", "false")
		wantAnswer(t, mustPost(t, s.createURL(), theirs, purchaseBody(second), "k"), http.StatusOK, "", "false")
		wantAnswer(t, mustPost(t, s.createURL(), theirs, purchaseBody(second), "k"), http.StatusOK, "", "true")
		wantAnswer(t, mustPost(t, s.createURL(), s.key(t, "mine"), purchaseBody(first), "k"), http.StatusOK, "", "true")
	})
}

func TestARefusedRequestCanBeCorrectedUnderItsKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		apiKey := s.key(t, "w")
		wantAnswer(t, mustPost(t, s.createURL(), apiKey, purchaseBody(second), "k"), http.StatusUnprocessableEntity, api.CodeNumberUnavailable, "false")
		wantAnswer(t, mustPost(t, s.createURL(), apiKey, `{"type":"purchase"}`, "k"), http.StatusUnprocessableEntity, api.CodeValidationFailed, "false")
		wantAnswer(t, mustPost(t, s.createURL(), apiKey, `{`, "k"), http.StatusBadRequest, api.CodeInvalidRequest, "false")
		wantAnswer(t, mustPost(t, s.createURL(), "pnk_wrong", purchaseBody(first), "k"), http.StatusUnauthorized, api.CodeUnauthorized, "false")
		wantAnswer(t, mustPost(t, s.createURL(), apiKey, purchaseBody(first), "k"), http.StatusOK, "", "false")
	})
}

func TestAKeyIsKeptForADay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		c, apiKey := s.client(t, "w"), s.key(t, "w")
		wantAnswer(t, mustPost(t, s.createURL(), apiKey, purchaseBody(first), "k"), http.StatusOK, "", "false")
		s.ahead.Store(int64(24*time.Hour - time.Minute))
		if err := s.store.PruneIdempotencyKeys(t.Context(), s.now().Add(-phone.IdempotencyKeyTTL)); err != nil {
			t.Fatal(err)
		}
		wantAnswer(t, mustPost(t, s.createURL(), apiKey, purchaseBody(first), "k"), http.StatusOK, "", "true")
		s.ahead.Store(int64(24*time.Hour + time.Minute))
		wantAnswer(t, mustPost(t, s.createURL(), apiKey, purchaseBody(first), "k"), http.StatusUnprocessableEntity, api.CodeNumberUnavailable, "false")
		list, err := c.ListPhoneNumbersWithResponse(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.DeletePhoneNumberWithResponse(t.Context(), list.JSON200.Data[0].ID); err != nil {
			t.Fatal(err)
		}
		wantAnswer(t, mustPost(t, s.createURL(), apiKey, purchaseBody(first), "k"), http.StatusOK, "", "false")
	})
}

// Every answer under /api says how long keys are kept, and every answer to a keyed call says whether it is a replay.
func TestTheHeadersOfIdempotencyAreOnEveryAnswer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServerOn(t, newDB(t), func(services *rest.Services) {
			services.RateLimit = rest.RateLimit{PerSecond: 0.001, Burst: 9}
			services.Phone.Store = failingStore{services.Phone.Store}
		})
		valid, other := "Bearer "+s.key(t, "w"), "Bearer "+s.key(t, "w")
		sip := func(prefix string) string {
			return `{"type":"vogent_sip","vogentSip":{"sipPrefix":"` + prefix + `","username":"caller","password":"12345"}}`
		}
		for _, test := range []struct {
			name, method, path, authorization, contentType, body string
			status                                               int
			replayed                                             string
		}{
			{"new", "POST", numbersPath, valid, "application/json", sip("a"), 200, "false"},
			{"replay", "POST", numbersPath, valid, "application/json", sip("a"), 200, "true"},
			{"not JSON", "POST", numbersPath, valid, "application/json", `{`, 400, "false"},
			{"no key", "POST", numbersPath, "", "application/json", sip("b"), 401, "false"},
			{"too large", "POST", numbersPath, valid, "application/json", strings.Repeat(" ", 65<<10), 413, "false"},
			{"text", "POST", numbersPath, valid, "text/plain", sip("b"), 415, "false"},
			{"reused", "POST", numbersPath, valid, "application/json", sip("b"), 422, "false"},
			{"purchase", "POST", numbersPath + "/purchase", valid, "application/json", `{"number":"1"}`, 422, "false"},
			{"panic", "POST", numbersPath, other, "application/json", sip("panics"), 500, "false"},
			{"full", "POST", numbersPath, other, "application/json", sip("full"), 503, "false"},
			{"list", "GET", numbersPath, valid, "", "", 200, ""},
			{"search takes no key", "POST", numbersPath + "/search", valid, "application/json", `{"prefix":"4"}`, 200, ""},
			{"too many", "POST", numbersPath, valid, "application/json", sip("c"), 429, "false"},
			{"unknown number", "GET", numbersPath + "/x", other, "", "", 404, ""},
			{"unknown path", "GET", "/api/nothing", "", "", "", 404, ""},
			{"the root of the API", "GET", "/api", "", "", "", 404, ""},
			{"other method", "PATCH", numbersPath, "", "", "", 405, ""},
			{"options", "OPTIONS", numbersPath, "", "", "", 204, ""},
		} {
			t.Run(test.name, func(t *testing.T) {
				r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader(test.body))
				r.Header.Set("Authorization", test.authorization)
				r.Header.Set("Content-Type", test.contentType)
				idempotencyKey := "k"
				if test.authorization == other {
					idempotencyKey = test.name
				}
				r.Header.Set("Idempotency-Key", idempotencyKey)
				w := httptest.NewRecorder()
				s.handler.ServeHTTP(w, r)
				if w.Code != test.status {
					t.Errorf("got %d %s; want %d", w.Code, w.Body, test.status)
				}
				wantHeader(t, test.path, w.Header(), "Idempotent-Replayed", test.replayed)
				wantHeader(t, test.path, w.Header(), "Idempotency-Key-TTL", "86400")
			})
		}
		wantHeader(t, "/healthz", s.get("/healthz", "").Header(), "Idempotency-Key-TTL", "") // it is no part of the API
	})
}

// slowInventory is a carrier that takes its time over a number.
type slowInventory struct {
	phone.Inventory
	asked  chan struct{} // gets a value when it is asked
	answer chan struct{} // lets it answer
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

// A claim whose process is gone holds its key for half a minute. A request whose claim was taken over makes nothing any more,
// and is told to come again: its key may have bought the number.
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

// A caller who hangs up in the middle leaves its key free.
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

// eventually asks until the request under the key is no longer in progress; that must be well before its lease ends.
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

// rush lets rivals make the same requests through all servers at once, half of them hanging up at some point, and checks that
// each request was done once and no key is stuck.
func rush(t *testing.T, urls []string, apiKey string, numbers []string, rivals int) {
	t.Helper()
	var race sync.WaitGroup
	start := make(chan struct{})
	var mu sync.Mutex
	bodies := map[string]map[string]bool{} // by number, what callers who got it were told
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
				case http.StatusConflict, http.StatusServiceUnavailable: // come again
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
