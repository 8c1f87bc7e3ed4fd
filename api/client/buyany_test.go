package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
)

func TestBuyAnyTakesTheNextNumberWhenOneIsGone(t *testing.T) {
	for _, test := range []struct {
		name    string
		answers map[string]string // to a purchase, by the last digit
		want    string            // the last digit of what is bought
		is      error
	}{
		{"the first", map[string]string{"0": "200"}, "0", nil},
		{"the third", map[string]string{"0": "422 number_unavailable", "1": "422 number_unavailable", "2": "200"}, "2", nil},
		{"after the first search", map[string]string{"0": "422 number_unavailable", "1": "422 number_unavailable", "2": "422 number_unavailable", "3": "200"}, "3", nil},
		{"of a server without codes", map[string]string{"0": "400", "1": "422", "2": "200"}, "2", nil},
		{"none", map[string]string{}, "", client.ErrNumberUnavailable},
		{"a wrong key", map[string]string{"0": "401"}, "", client.ErrUnauthorized},
		{"a broken rule", map[string]string{"0": "422 validation_failed"}, "", client.ErrValidation},
		{"an unknown outcome", map[string]string{"0": "422 number_unavailable", "1": "cut"}, "", client.ErrOutcomeUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gone, posts := map[string]bool{}, 0
				n, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodGet {
						return reply(200, nil, pageOf("")), nil
					}
					body, _ := io.ReadAll(r.Body)
					if strings.HasSuffix(r.URL.Path, "/search") {
						var found []string
						for i := 0; i < 6 && len(found) < 3; i++ {
							if digit := fmt.Sprint(i); !gone[digit] || test.name == "none" {
								found = append(found, `{"number":"+1415555010`+digit+`"}`)
							}
						}
						return reply(200, nil, "["+strings.Join(found, ",")+"]"), nil
					}
					posts++
					digit := string(body[len(body)-len(`"},"type":"purchase"}`)-1])
					gone[digit] = true
					what, ok := test.answers[digit]
					if !ok {
						what = "422 number_unavailable"
					}
					return new(shop).reply(what, map[string]string{"200": strings.Replace(owned, number, "+1415555010"+digit, 1)})
				}).BuyAny(t.Context(), api.PhoneNumberSearchInput{Prefix: "415"})
				checkErrorIs(t, "BuyAny", err, test.is)
				if test.is == nil && !strings.HasSuffix(n.Number, test.want) {
					t.Errorf("bought %q; want one that ends in %s", n.Number, test.want)
				}
				if test.is == nil && posts != len(test.answers) {
					t.Errorf("sent %d purchases; want %d", posts, len(test.answers))
				}
				if most := max(len(test.answers), 3); posts > most {
					t.Errorf("sent %d purchases; want %d at most", posts, most)
				}
			})
		})
	}
}

// If the outcome of a number is unknown, BuyAny does not go on to the next number, whatever the response to the last try was.
func TestBuyAnyStopsAtAnUnknownOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		purchases := &shop{tries: []string{"503 ttl", "400", "400", "400"}, lookUps: []string{"none ttl"}}
		_, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/search") {
				return reply(200, nil, `[{"number":"`+number+`"},{"number":"+14155550101"}]`), nil
			}
			return purchases.send(r)
		}).BuyAny(t.Context(), api.PhoneNumberSearchInput{Prefix: "415"})
		checkErrorIs(t, "BuyAny", err, client.ErrOutcomeUnknown)
		checkErrorSays(t, "BuyAny", err, number)
		if purchases.posts != 4 {
			t.Errorf("sent %d purchases; want 4", purchases.posts)
		}
	})
}

func TestBuyAnySaysWhyNoNumberCouldBeBought(t *testing.T) {
	posts := 0
	_, err := inBubble(t, func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/search") {
			return reply(200, nil, fmt.Sprintf(`[{"number":"+1415555010%d"},{"number":"+1415555011%d"}]`, posts, posts)), nil
		}
		posts++
		return reply(400, nil, `{"code":"plan","message":"your plan allows 3 numbers"}`), nil
	}).BuyAny(t.Context(), api.PhoneNumberSearchInput{Prefix: "415"})
	var failure *client.Error
	if !errors.As(err, &failure) {
		t.Errorf("error is %#v; want a *client.Error", err)
	}
	checkErrorIs(t, "BuyAny", err, client.ErrNumberUnavailable)
	checkErrorSays(t, "BuyAny", err, "your plan allows 3 numbers")
	if posts != 2 {
		t.Errorf("sent %d purchases; want 2", posts)
	}
}

// Several callers buy at once, and the server loses the responses to the first purchases of each number.
func TestBuyingAtTheSameTimeIsDoneOnce(t *testing.T) {
	t.Parallel()
	const callers = 8
	srv := apitest.NewServer(t)
	for i := range callers {
		srv.Fail(control.Fault{Operation: "createPhoneNumber", Number: fmt.Sprintf("+1206555010%d", i), Cut: control.CutAfter, Times: callers})
	}
	c := srv.Client(client.WithRetries(callers)).WithoutJitter(0)
	bought := make([]string, callers)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			n, err := c.BuyAny(t.Context(), api.PhoneNumberSearchInput{Prefix: "206", Limit: new(10)})
			if err != nil {
				t.Error(err)
			}
			bought[i] = n.ID
		})
	}
	all.Wait()
	slices.Sort(bought)
	if len(slices.Compact(bought)) != callers {
		t.Errorf("%d callers have bought %q; want a different number each", callers, bought)
	}
	if numbers := srv.Numbers(); len(numbers) != callers {
		t.Errorf("the callers own %+v; want %d numbers", numbers, callers)
	}
	lost := 0
	for _, r := range srv.Requests() {
		if r.Fault != "" && r.Status == http.StatusOK {
			lost++
		}
	}
	if lost < callers {
		t.Errorf("%d responses to purchases were lost; want %d or more", lost, callers)
	}
}
