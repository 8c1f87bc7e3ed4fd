package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
)

// loss is a way to lose the response to a request.
type loss struct {
	fault  control.Fault
	made   bool          // the server has carried out the request
	status int           // in the journal
	looks  bool          // nothing shows that the server honors keys, so the client has to look for the number
	wait   time.Duration // the server asks for it
}

var losses = map[string]loss{
	"cut before the work":      {fault: control.Fault{Cut: control.CutBefore}, looks: true},
	"cut after the work":       {fault: control.Fault{Cut: control.CutAfter}, status: 200, made: true, looks: true},
	"cut in the body":          {fault: control.Fault{Cut: control.CutBody}, status: 200, made: true},
	"a 503 after the work":     {fault: control.Fault{Status: 503, AfterWork: true, Body: "busy"}, status: 503, made: true},
	"a 429 with a Retry-After": {fault: control.Fault{Status: 429, Headers: map[string]string{"Retry-After": "1"}}, status: 429, wait: time.Second},
}

// creation is a way to get a number.
type creation struct {
	operation, number string
	searches          bool // it buys the next number if one is refused
	create            func(ctx context.Context, c *client.Client) (api.PhoneNumber, error)
}

var creations = map[string]creation{
	"Buy": {"createPhoneNumber", "+14155550100", false, func(ctx context.Context, c *client.Client) (api.PhoneNumber, error) {
		return c.Buy(ctx, "+14155550100")
	}},
	"BuyAny": {"createPhoneNumber", "+14155550100", true, func(ctx context.Context, c *client.Client) (api.PhoneNumber, error) {
		return c.BuyAny(ctx, api.PhoneNumberSearchInput{Prefix: "415"})
	}},
	"Purchase": {"purchasePhoneNumber", "+14155550100", false, func(ctx context.Context, c *client.Client) (api.PhoneNumber, error) {
		return c.Purchase(ctx, "+14155550100")
	}},
	"an import": {"createPhoneNumber", "+18001234567", false, func(ctx context.Context, c *client.Client) (api.PhoneNumber, error) {
		return c.Create(ctx, api.SIPImport(api.SIPImportDetails{
			PhoneNumber: "+18001234567", TerminationURI: "sip.example.com", Username: sipUser, Password: sipPassword,
		}))
	}},
	"a SIP address": {"createPhoneNumber", "support", false, func(ctx context.Context, c *client.Client) (api.PhoneNumber, error) {
		return c.Create(ctx, api.VogentSIP(api.VogentSIPDetails{SIPPrefix: "support", Username: sipUser, Password: sipPassword}))
	}},
}

// createOnce loses the response to the first try of a creation. It returns an error unless the server then has this number and no
// other, and the client has returned it.
func (w creation) createOnce(ctx context.Context, srv *apitest.Server, lost control.Fault, opts ...client.Option) error {
	lost.Operation, lost.Times = w.operation, 1
	srv.Fail(lost)
	n, err := w.create(ctx, srv.Client(opts...).WithoutJitter(0))
	numbers := srv.Numbers()
	switch {
	case err != nil:
		return fmt.Errorf("it fails, and the server has %d numbers: %w", len(numbers), err)
	case len(numbers) != 1 || numbers[0] != n || n.Number != w.number:
		return fmt.Errorf("it returns %+v, and the server has %+v; want %s both times", n, numbers, w.number)
	}
	return nil
}

// eachLoss runs try with each way to get a number, and each loss, on a server of its own.
func eachLoss(t *testing.T, try func(t *testing.T, w creation, l loss)) {
	t.Helper()
	for way, w := range creations {
		for name, l := range losses {
			t.Run(way+", "+name, func(t *testing.T) {
				t.Parallel()
				try(t, w, l)
			})
		}
	}
}

// If a response is lost, the client sends the request again under its key. The server then carries it out if it has not done so,
// and otherwise repeats its response.
func TestANumberIsCreatedOnceIfAResponseIsLost(t *testing.T) {
	t.Parallel()
	eachLoss(t, func(t *testing.T, w creation, l loss) { //nolint:thelper // it is the test itself
		srv := apitest.NewServer(t)
		if err := w.createOnce(t.Context(), srv, l.fault); err != nil {
			t.Error(err)
		}
		var sent []control.Request
		looks := false
		for _, r := range srv.Requests() {
			if r.Operation == w.operation {
				sent = append(sent, r)
			}
			looks = looks || r.Operation == "listPhoneNumbers"
		}
		if len(sent) != 2 {
			t.Fatalf("sent %+v; want two requests", sent)
		}
		if got, want := [2]int{sent[0].Status, sent[1].Status}, [2]int{l.status, http.StatusOK}; got != want {
			t.Errorf("the statuses are %d; want %d", got, want)
		}
		if sent[0].Fault == "" {
			t.Errorf("the first request is %+v; want one that the fault hit", sent[0])
		}
		if first, second := sent[0].IdempotencyKey, sent[1].IdempotencyKey; first == "" || second != first {
			t.Errorf("sent with the keys %q and %q; want the same one, which is not empty", first, second)
		}
		if first, second := string(sent[0].Body), string(sent[1].Body); second != first {
			t.Errorf("sent %s and %s; want the same", first, second)
		}
		if want := l.looks && !w.searches; looks != want {
			t.Errorf("the client asked for a list: %t; want %t", looks, want)
		}
		if took := sent[1].Time.Sub(sent[0].Time); took < l.wait {
			t.Errorf("sent again after %v; want %v or more, as the server asked", took, l.wait)
		}
	})
}

// The control: without the key, the server cannot know that it has already carried out the request. It refuses the second one, so
// the client denies that the number was created, and BuyAny buys another one.
func TestWithoutAKeyALostResponseDoesHarm(t *testing.T) {
	t.Parallel()
	keyless := client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			r.Header.Del("Idempotency-Key")
			return next.RoundTrip(r)
		})
	})
	eachLoss(t, func(t *testing.T, w creation, l loss) { //nolint:thelper // likewise
		if !l.made {
			return // the second request is the first one for the server
		}
		srv := apitest.NewServer(t)
		if err := w.createOnce(t.Context(), srv, l.fault, keyless); err == nil {
			t.Error("the check finds nothing; want an error")
		}
		want := 1
		if w.searches {
			want = 2
		}
		if got := len(srv.Numbers()); got != want {
			t.Errorf("the server has %d numbers; want %d", got, want)
		}
	})
}

// A purchase whose outcome is unknown can be made again under the key in the error, for as long as the server keeps the key.
func TestAnUnknownPurchaseIsSettledUnderItsKey(t *testing.T) {
	t.Parallel()
	srv := apitest.NewServer(t)
	srv.Fail(control.Fault{Operation: "createPhoneNumber", Cut: control.CutAfter, Times: 1})
	srv.Fail(control.Fault{Operation: "listPhoneNumbers", Cut: control.CutBefore})
	c := srv.Client(client.WithRetries(0)).WithoutJitter(0)
	var unknown *client.Error
	if _, err := c.Buy(t.Context(), number); !errors.Is(err, client.ErrOutcomeUnknown) || !errors.As(err, &unknown) {
		t.Fatalf("error is %#v; want %v", err, client.ErrOutcomeUnknown)
	}
	numbers := srv.Numbers()
	if len(numbers) != 1 {
		t.Fatalf("the server has %+v; want one number", numbers)
	}
	n, err := c.Buy(t.Context(), unknown.Number, client.WithIdempotencyKey(unknown.IdempotencyKey))
	checkErrorIs(t, "Buy under its key", err, nil)
	if n != numbers[0] {
		t.Errorf("bought %+v; want %+v", n, numbers[0])
	}
	srv.Advance(25 * time.Hour)
	_, err = c.Buy(t.Context(), unknown.Number, client.WithIdempotencyKey(unknown.IdempotencyKey))
	checkErrorIs(t, "Buy under a key that the server has forgotten", err, client.ErrNumberUnavailable)
}

// The 404 of a later try is a success only if an earlier try may have been carried out.
func TestADeleteRetriedIntoA404IsASuccess(t *testing.T) {
	t.Parallel()
	seed := apitest.WithSeed(control.Seed{Numbers: []control.SeedNumber{{ID: id, Number: number}}})
	for name, test := range map[string]struct {
		first control.Fault
		is    error
	}{
		"503": {control.Fault{Status: 503, AfterWork: true, Body: "busy"}, nil},
		"408": {control.Fault{Status: 408, AfterWork: true}, nil},
		"cut": {control.Fault{Cut: control.CutAfter}, nil},
		"429": {control.Fault{Status: 429, Body: "slow down"}, client.ErrNotFound},
	} {
		srv := apitest.NewServer(t, seed)
		c := srv.Client().WithoutJitter(0)
		if test.is != nil {
			checkErrorIs(t, "the number is there", c.Delete(t.Context(), id), nil)
			checkErrorIs(t, "the number is gone", c.Delete(t.Context(), id), client.ErrNotFound)
		}
		test.first.Times = 1
		srv.Fail(test.first)
		checkErrorIs(t, name+", then 404", c.Delete(t.Context(), id), test.is)
		if numbers := srv.Numbers(); len(numbers) > 0 {
			t.Errorf("%s: the server has %+v; want no numbers", name, numbers)
		}
	}
}
