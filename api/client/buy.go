package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client/raw"
)

// Buy buys a number that is for sale, in E.164 form, and returns it. It is [Client.Create] of api.Purchase.
//
// It knows its outcome. An error other than [ErrOutcomeUnknown] means that the number was not bought: the server said so, or nothing
// was sent. Where that is open, because the connection broke, say, Buy asks: it sends the request again under the same
// Idempotency-Key where the server has shown that it honours keys, else it looks for the number among those you have, and takes
// one that is there for bought. What is still open then is ErrOutcomeUnknown, with the number and the key in the [*Error].
func (c *Client) Buy(ctx context.Context, number string, opts ...CallOption) (api.PhoneNumber, error) {
	return c.Create(ctx, api.Purchase(number), opts...)
}

// Create buys a number, imports one from a SIP carrier or makes a SIP address; package api has a constructor for each. What is said
// of the outcome at [Client.Buy] holds here, but that an import or a SIP address is not looked for: one that was there
// before would look like a new one. The type of r says which of its objects counts.
func (c *Client) Create(ctx context.Context, r api.CreatePhoneNumberInput, opts ...CallOption) (api.PhoneNumber, error) {
	what := creation{op: createPhoneNumber, number: numberOf(r), lookUp: r.Type == api.CreateByPurchase}
	if r.SIPImport != nil && r.SIPImport.Password != "" {
		what.passwords = append(what.passwords, r.SIPImport.Password)
	}
	if r.VogentSIP != nil && r.VogentSIP.Password != "" {
		what.passwords = append(what.passwords, r.VogentSIP.Password)
	}
	return c.create(ctx, what, opts, func(key string) (*http.Request, error) {
		return raw.NewCreatePhoneNumberRequest(below, &api.CreatePhoneNumberParams{IdempotencyKey: &key}, r)
	})
}

// numberOf is the number that a request creates. Its type says which object has it. A type that this
// version does not know says nothing, so the only object there has it, and of several none.
func numberOf(r api.CreatePhoneNumberInput) string {
	numbers := map[api.CreatePhoneNumberType]string{}
	if r.Purchase != nil {
		numbers[api.CreateByPurchase] = r.Purchase.Number
	}
	if r.SIPImport != nil {
		numbers[api.CreateBySIPImport] = r.SIPImport.PhoneNumber
	}
	if r.VogentSIP != nil {
		numbers[api.CreateByVogentSIP] = r.VogentSIP.SIPPrefix
	}
	if !r.Type.Valid() && len(numbers) == 1 {
		for _, only := range numbers {
			return only
		}
	}
	return numbers[r.Type]
}

// Purchase does what [Client.Buy] does, by the older operation purchasePhoneNumber.
//
// Deprecated: use Buy.
func (c *Client) Purchase(ctx context.Context, number string, opts ...CallOption) (api.PhoneNumber, error) {
	what := creation{op: purchasePhoneNumber, number: number, lookUp: true}
	return c.create(ctx, what, opts, func(key string) (*http.Request, error) {
		return raw.NewPurchasePhoneNumberRequest(below,
			&api.PurchasePhoneNumberParams{IdempotencyKey: &key}, api.PhoneNumberPurchaseInput{Number: number})
	})
}

// BuyAny searches for numbers and buys the first that it can get. Where somebody else was faster it takes the next one, and
// searches again when all are gone; [ErrNumberUnavailable] where none could be bought, with the last reason. It stops at the first
// other error, and so at the first unknown outcome. The limit of search is how many numbers are looked up at a time.
func (c *Client) BuyAny(ctx context.Context, search api.PhoneNumberSearchInput, opts ...CallOption) (api.PhoneNumber, error) {
	const most = 100 // numbers to try
	s, err := c.settingsOf(createPhoneNumber, opts)
	if err == nil && s.key != "" {
		err = errors.New("BuyAny tries each number under a key of its own, so WithIdempotencyKey is for Buy")
	}
	if err != nil {
		return api.PhoneNumber{}, createPhoneNumber.fails(unmade, err.Error(), err)
	}
	tried := map[string]bool{}
	var last error
	for {
		found, err := c.Search(ctx, search, opts...)
		if err != nil {
			return api.PhoneNumber{}, err
		}
		before, taken := len(tried), false
		for _, candidate := range found {
			if tried[candidate.Number] || len(tried) == most {
				continue
			}
			tried[candidate.Number] = true
			n, err := c.Buy(ctx, candidate.Number, opts...)
			if err == nil || !gone(err) {
				return n, err
			}
			taken = taken || errors.Is(err, ErrNumberUnavailable)
			last = err
		}
		if len(tried) == before || !taken { // nothing new, or perhaps refused for another reason
			detail := "no number for sale starts with " + strconv.Quote(search.Prefix)
			if last != nil {
				detail = fmt.Sprintf("none of the %d numbers that were for sale could be bought; the last: %v", len(tried), last)
			}
			return api.PhoneNumber{}, searchPhoneNumbers.fails(soldOut, detail, nil)
		}
	}
}

// gone reports whether a number that a search found cannot be bought. A server whose problems have no code can only say that it does
// not take the request.
func gone(err error) bool {
	var failure *Error
	if errors.Is(err, ErrNumberUnavailable) {
		return true
	}
	if !errors.As(err, &failure) || failure.open || failure.kind != refused || failure.Code.Valid() {
		return false
	}
	switch failure.StatusCode {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// creation is a call that creates a number.
type creation struct {
	op        operation
	number    string   // that is created
	passwords []string // that are sent
	lookUp    bool     // having the number answers whether it was created
}

// create sends a creation until its outcome is known, or cannot be found out.
func (c *Client) create(ctx context.Context, what creation, opts []CallOption, build func(key string) (*http.Request, error)) (api.PhoneNumber, error) {
	s, err := c.settingsOf(what.op, opts)
	if err != nil {
		return api.PhoneNumber{}, what.op.fails(unmade, err.Error(), err)
	}
	if s.key == "" {
		s.key = c.newKey()
	}
	s.passwords = what.passwords
	request, err := build(s.key)
	x, err := c.newCall(what.op, s, request, err)
	if err != nil {
		return api.PhoneNumber{}, err
	}
	created, failure := send[api.PhoneNumber](ctx, x)
	if failure != nil && x.open {
		wereHonoured := x.keysHonoured()
		found, ok := x.ask(ctx, what)
		if !wereHonoured && x.keysHonoured() && x.tries <= s.retries {
			created, failure = send[api.PhoneNumber](ctx, x) // whose answer is exact: a number found may have been there before
		}
		if ok && failure != nil && x.open {
			return found, nil
		}
	}
	switch {
	case failure == nil:
		return created, nil
	case x.open:
		failure.Number, failure.open = what.number, true
	}
	return api.PhoneNumber{}, failure
}

// ask looks for the number whose creation has an open end. Any answer also shows whether the server honours keys, which is
// all to be learned where having the number proves nothing.
func (x *call) ask(ctx context.Context, what creation) (api.PhoneNumber, bool) {
	s := x.settings
	s.key, s.into = "", nil
	if !what.lookUp {
		_, _ = x.List(ctx, api.ListPhoneNumbersParams{Limit: new(1)}, s.use)
		return api.PhoneNumber{}, false
	}
	for retry := 0; ; retry++ {
		n, err := x.GetByNumber(ctx, what.number, s.use)
		if err == nil {
			return n, true
		}
		var failure *Error
		if !errors.As(err, &failure) || failure.kind != absent || x.keysHonoured() || retry == s.retries || !x.wait(ctx, retry, failure) {
			return api.PhoneNumber{}, false
		}
	}
}
