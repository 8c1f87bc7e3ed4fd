package sandbox_test

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox"
)

// Resets, faults, calls and requests come at the same time. Each request ends as if it had been alone before or after a reset, and
// nothing is left of the old worlds.
func TestEverythingAtOnce(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("requests", func(t *testing.T) {
		s := start(t, sandbox.Options{Seed: control.Seed{Numbers: []control.SeedNumber{{Number: "+14155550199", AgentID: "agent_1"}}}})
		var all sync.WaitGroup
		repeat := func(do func(i int)) {
			all.Go(func() {
				for i := range 40 {
					do(i)
				}
			})
		}
		allowed := func(what string, got int, want ...int) {
			if !slices.Contains(want, got) {
				t.Errorf("%s: the status is %d; want one of %v", what, got, want)
			}
		}
		for worker := range 3 {
			repeat(func(i int) {
				status, _ := s.api(t, http.MethodPost, purchases, fmt.Sprintf(`{"number":"+1415555%04d"}`, 100+i%10), "Idempotency-Key", fmt.Sprintf("%d-%d", worker, i))
				allowed("a purchase", status, 0, 200, 409, 422, 503)
			})
		}
		repeat(func(int) {
			status, text := s.api(t, http.MethodGet, "/phone_numbers", "")
			allowed("a list", status, 200)
			if status == http.StatusOK && !strings.Contains(text, "+14155550199") {
				t.Errorf("the list is %s; want the number of the seed in it", text)
			}
		})
		repeat(func(int) {
			s.mustControl(t, http.MethodPost, "/_control/calls", `{"to":"+14155550199","from":"+18005550100"}`, http.StatusOK, nil)
		})
		repeat(func(i int) {
			if i%4 == 0 {
				s.mustControl(t, http.MethodPost, "/_control/reset", "", http.StatusNoContent, nil)
			}
			s.mustControl(t, http.MethodPut, "/_control/faults", `{"faults":[
				{"operation":"purchasePhoneNumber","cut":"after","probability":0.2,"seed":1},
				{"operation":"purchasePhoneNumber","status":503,"times":3},
				{"operation":"purchasePhoneNumber","latencyMs":3}]}`, http.StatusNoContent, nil)
			s.mustControl(t, http.MethodGet, "/_control/requests", "", http.StatusOK, nil)
		})
		all.Wait()
		http.DefaultClient.CloseIdleConnections()
	})
	for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines are left, %d before\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
