package rest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
)

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

// Every response under /api says how long keys are kept. Every response to an operation that takes a key says whether it is a
// replay.
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
		wantHeader(t, "/healthz", s.get("/healthz", "").Header(), "Idempotency-Key-TTL", "") // it is not part of the API
	})
}
