package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client/raw"
)

// Buy buys a number that is for sale, in E.164 form, and returns it. It is [Client.Create] with [api.Purchase].
//
// An error other than [ErrOutcomeUnknown] means that the number was not bought: the server said so, or the request was
// not sent. If the outcome is unknown, for example because the connection broke, Buy tries to find out. If the server
// has shown that it honors keys, Buy sends the request again with the same Idempotency-Key. Otherwise, it looks for the
// number among the first 10,000 of your numbers, and treats the number as bought if it is there. If Buy still cannot
// tell, it returns ErrOutcomeUnknown, with the number and the key in the [*Error].
//
// Each of these attempts sends the purchase only once, whatever middleware there is; see [WithHTTPClient].
func (c *Client) Buy(ctx context.Context, number string, opts ...CallOption) (api.PhoneNumber, error) {
	return c.Create(ctx, api.Purchase(number), opts...)
}

// Create buys a number, imports one from a SIP carrier or creates a SIP address: see [api.Purchase], [api.SIPImport] and
// [api.VogentSIP]. It finds out the outcome as [Client.Buy] does, except that it does not look for an imported number or
// a SIP address among your numbers, because an older one would look like a new one. The type of r says which of its
// objects counts.
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

// numberOf returns the number that a request creates. The type of r says which object has it. If this version does not
// know the type, the only object present has it. If there are several, numberOf returns an empty string.
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

// Purchase does the same as [Client.Buy], through the older operation purchasePhoneNumber.
//
// Deprecated: use Buy.
func (c *Client) Purchase(ctx context.Context, number string, opts ...CallOption) (api.PhoneNumber, error) {
	what := creation{op: purchasePhoneNumber, number: number, lookUp: true}
	return c.create(ctx, what, opts, func(key string) (*http.Request, error) {
		return raw.NewPurchasePhoneNumberRequest(below,
			&api.PurchasePhoneNumberParams{IdempotencyKey: &key}, api.PhoneNumberPurchaseInput{Number: number})
	})
}

// BuyAny searches for numbers and buys the first available one. If someone else was faster, it tries the next one, and
// searches again when it has tried them all. If it could not buy any, the error is [ErrNumberUnavailable], with the last
// reason. BuyAny stops at the first error of another kind, including the first unknown outcome. It buys only numbers
// that start with the prefix of search, whatever the server finds. The limit of search is the number of results of each
// search.
func (c *Client) BuyAny(ctx context.Context, search api.PhoneNumberSearchInput, opts ...CallOption) (api.PhoneNumber, error) {
	const most = 100 // numbers to try
	s, err := c.settingsOf(createPhoneNumber, opts)
	if err == nil && s.key != "" {
		err = errors.New("BuyAny uses a new key for each number; use WithIdempotencyKey with Buy instead")
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
			if !startsWith(candidate.Number, search) {
				last = fmt.Errorf("the search returned %s, which does not start with the prefix", strconv.Quote(candidate.Number))
				continue
			}
			n, err := c.Buy(ctx, candidate.Number, opts...)
			if err == nil || !gone(err) {
				return n, err
			}
			taken = taken || errors.Is(err, ErrNumberUnavailable)
			last = err
		}
		if len(tried) == before || !taken { // no new number, or perhaps refused for another reason
			detail := "no number for sale starts with " + strconv.Quote(search.Prefix)
			if last != nil {
				detail = fmt.Sprintf("none of the %d numbers for sale could be bought; the last error is: %v", len(tried), last)
			}
			return api.PhoneNumber{}, searchPhoneNumbers.fails(soldOut, detail, nil)
		}
	}
}

// startsWith reports whether the national number of an E.164 number starts with the prefix of a search.
func startsWith(number string, search api.PhoneNumberSearchInput) bool {
	codes := map[string]string{"US": "1", "GB": "44"} // the countries of openapi.yaml
	country := "US"
	if search.Country != nil {
		country = strings.ToUpper(*search.Country)
	}
	digits, isE164 := strings.CutPrefix(number, "+")
	if !isE164 {
		return false
	}
	if code, known := codes[country]; known {
		return strings.HasPrefix(digits, code+strings.TrimPrefix(search.Prefix, "0")) // the trunk prefix is not dialed from abroad
	}
	for length := 1; length <= 3 && length < len(digits); length++ { // the length of a country code (E.164, section 6.1)
		if strings.HasPrefix(digits[length:], search.Prefix) || strings.HasPrefix(digits[length:], strings.TrimPrefix(search.Prefix, "0")) {
			return true
		}
	}
	return false
}

// gone reports whether err means that a number that a search found cannot be bought. A server without problem codes can
// only say that it rejects the request.
func gone(err error) bool {
	var failure *Error
	if errors.Is(err, ErrNumberUnavailable) {
		return true
	}
	if !errors.As(err, &failure) || failure.unknown != "" || failure.kind != refused || failure.Code.Valid() {
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
	number    string   // to create
	passwords []string // in the request
	lookUp    bool     // whether having the number means that it was created
}

// fits returns what is wrong with the number in a response, or nil.
func (w creation) fits(n api.PhoneNumber) error {
	if w.number != "" && !sameNumber(n, w.number) {
		return fmt.Errorf("it is about the number %s", n.Number)
	}
	return nil
}

// create sends a creation until its outcome is known or cannot be found out.
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
	var created api.PhoneNumber
	keep := into(&created, what.op, what.fits)
	failure := x.send(ctx, keep)
	if failure != nil && x.unknown {
		wereHonored := x.keysHonored()
		found, ok := x.lookUp(ctx, what, failure)
		if !wereHonored && x.keysHonored() && x.attempts <= s.retries {
			failure = x.send(ctx, keep) // this response is exact, but a number that was found may be older
		}
		if ok && failure != nil && x.unknown {
			return found, nil
		}
	}
	if failure != nil && x.unknown {
		failure.Number, failure.unknown = what.number, cmp.Or(what.number, "a number")+" was added"
	}
	return created, asError(failure)
}

// lookUpPages is the maximum number of pages that lookUp reads.
const lookUpPages = 100

// lookUp looks for the number after its creation failed with an unknown outcome. It first waits as the failure asks. It
// reads the pages once, but if there is only one page, it looks again, because the server may still be creating the
// number. Any response also shows whether the server honors keys. If having the number proves nothing, that is all
// lookUp can find out.
func (x *call) lookUp(ctx context.Context, what creation, failure *Error) (api.PhoneNumber, bool) {
	s := x.settings
	s.key, s.into = "", nil
	for retry := 0; ctx.Err() == nil && x.wait(ctx, retry, failure); retry++ {
		if !what.lookUp {
			_, _ = x.List(ctx, api.ListPhoneNumbersParams{Limit: new(1)}, s.use)
			return api.PhoneNumber{}, false
		}
		pages := 0
		for page, err := range x.pages(ctx, api.ListPhoneNumbersParams{Number: &what.number}, lookUpPages, s.use) {
			if err != nil {
				return api.PhoneNumber{}, false
			}
			for _, n := range page.Data {
				if sameNumber(n, what.number) {
					return n, true
				}
			}
			pages++
		}
		if pages > 1 || retry == s.retries || x.keysHonored() {
			break
		}
	}
	return api.PhoneNumber{}, false
}
