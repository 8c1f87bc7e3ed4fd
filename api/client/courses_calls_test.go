package client_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// run makes the calls, and does what others do meanwhile.
func (w *world) run() {
	d := newDice(w.seed, 1)
	if d.chance(0.3) { // at some point, the nodes begin to keep keys for a shorter time
		lower := oneOf(d, 0, 20*time.Second, 70*time.Second)
		time.AfterFunc(d.within(2*time.Minute), func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.ttl = min(w.ttl, lower)
			w.tell("the TTL is %v", w.ttl)
			for _, c := range w.claims {
				c.ttl = min(c.ttl, w.ttl)
			}
		})
	}
	other := newDice(w.seed, 2)
	time.AfterFunc(other.within(time.Minute), func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if n := w.anyNumber(other); w.owner[n] == "" {
			w.owner[n] = "others"
			w.tell("others buy %s", n)
		}
	})
	for range oneOf(d, 0, 3) { // other calls of the client can show that keys are honored, or that they are not
		time.AfterFunc(d.within(time.Minute), func() { _, _ = w.c.List(w.t.Context(), api.ListPhoneNumbersParams{}) })
	}
	if d.chance(0.5) {
		_, _ = w.c.List(w.t.Context(), api.ListPhoneNumbersParams{})
	}
	s := &sale{way: oneOf(d, "Buy", "Purchase", "import", "BuyAny"), number: w.anyNumber(d)}
	if s.way == "BuyAny" {
		s.number = ""
	}
	var key string
	for range 3 {
		w.call(d, s, key)
		var failure *client.Error
		if s.way == "BuyAny" || !errors.Is(s.err, client.ErrOutcomeUnknown) || !errors.As(s.err, &failure) || d.chance(0.2) {
			return
		}
		time.Sleep(d.within(oneOf(d, time.Second, 20*time.Second, 2*time.Minute)))
		s, key = &sale{way: s.way, number: s.number, before: s}, failure.IdempotencyKey
	}
}

func (w *world) anyNumber(d dice) string { return oneOf(d, slices.Sorted(maps.Keys(w.owner))...) }

// call makes the call of a sale, with a context that may end at any time.
func (w *world) call(d dice, s *sale, key string) {
	s.posts, s.sent, s.perhaps, s.seen = map[string]int{}, map[string]time.Time{}, map[string]bool{}, map[string]bool{}
	s.begun = time.Now()
	ctx, cancel := context.WithCancel(context.WithValue(w.t.Context(), saleKey{}, s))
	defer cancel()
	switch after := d.within(oneOf(d, time.Second, 2*time.Minute)); d.IntN(5) {
	case 0:
		s.ends = s.begun.Add(after)
		time.AfterFunc(after, cancel)
	case 1:
		s.ends = s.begun.Add(after)
		ctx, cancel = context.WithDeadline(ctx, s.ends)
		defer cancel()
	}
	w.mu.Lock()
	w.sales = append(w.sales, s)
	s.owners = maps.Clone(w.owner)
	w.tell("%s %s under %q, %d retries, until %v", s.way, s.number, key, w.retries, s.ends.Sub(w.start))
	w.mu.Unlock()
	var opts []client.CallOption
	if key != "" {
		opts = append(opts, client.WithIdempotencyKey(key))
	}
	switch s.way {
	case "Buy":
		s.got, s.err = w.c.Buy(ctx, s.number, opts...)
	case "Purchase":
		s.got, s.err = w.c.Purchase(ctx, s.number, opts...)
	case "import":
		s.got, s.err = w.c.Create(ctx, api.SIPImport(api.SIPImportDetails{PhoneNumber: s.number}), opts...)
	case "BuyAny":
		s.got, s.err = w.c.BuyAny(ctx, api.PhoneNumberSearchInput{Prefix: "415"}, opts...)
	}
	s.ended = time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	s.honored = time.Since(s.begun)+time.Minute < w.noted
	w.tell("returns %q, %v", s.got.Number, s.err)
}
