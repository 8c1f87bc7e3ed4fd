package client_test

import (
	"net/http"
	"sync"
	"testing"
)

// If a look-up finds the number, it was bought, however the response to the purchase was lost.
func TestALookUpFindsWhatWasBought(t *testing.T) {
	t.Parallel()
	eachPurchase(t, func(t *testing.T, operationID string, f fault) { //nolint:thelper // it is the test itself
		s := newFaulty(t, f, methods[operationID])
		defer s.close(t)
		s.faulty.Store(1 << 30)
		s.sells = true
		err := methods[operationID].call(t.Context(), s.client, f.options()...)
		if (err == nil) != !f.notCreated {
			t.Errorf("%s: error is %v; want none: %t", operationID, err, !f.notCreated)
		}
		if got := s.posts(); got > 1 && (!f.again || !f.notCreated) {
			t.Errorf("%s: sent %d times; want once at most", operationID, got)
		}
	})
}

func eachPurchase(t *testing.T, try func(t *testing.T, operationID string, f fault)) {
	t.Helper()
	eachFault(t, func(t *testing.T, _ string, f fault) { //nolint:thelper // likewise
		var both sync.WaitGroup
		defer both.Wait()
		for _, operationID := range []string{"createPhoneNumber", "purchasePhoneNumber"} {
			both.Go(func() { try(t, operationID, f) })
		}
	})
}

// Once the server has shown that it honors keys, a purchase is sent again, with the same key.
func TestAPurchaseIsRepeatedUnderItsKeyWhereKeysAreHonoured(t *testing.T) {
	t.Parallel()
	eachPurchase(t, func(t *testing.T, operationID string, f fault) { //nolint:thelper // likewise
		s := newFaulty(t, f, methods[operationID])
		defer s.close(t)
		s.ttl = "86400"
		if err := methods["listPhoneNumbers"].call(t.Context(), s.client); err != nil {
			t.Error(err)
			return
		}
		s.sent.Store(0)
		s.faulty.Store(1) // after that, it behaves well
		if f.accept != nil {
			s.transport.CloseIdleConnections()
		}
		err := methods[operationID].call(t.Context(), s.client, f.options()...)
		sent := 2
		if f.notCreated && !f.again && f.status != http.StatusConflict { // a 409 may mean idempotency_in_progress
			sent = 1
		}
		if bought := sent == 2; bought != (err == nil) {
			t.Errorf("%s: error is %v; want none: %t", operationID, err, bought)
		}
		if got := s.sent.Load(); got != int64(sent) {
			t.Errorf("%s: sent %d times; want %d", operationID, got, sent)
		}
		if !s.sameKey() {
			t.Errorf("%s: sent with the keys %q; want the same one each time", operationID, s.keys)
		}
	})
}
