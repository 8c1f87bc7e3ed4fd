package sandbox_test

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox"
)

const (
	purchases = "/phone_numbers/purchase"
	purchase  = `{"number":"+14155550100"}`
)

func TestAResetGoesBackToTheSeed(t *testing.T) {
	t.Parallel()
	const id = "11111111-2222-4333-8444-555555555555"
	s := start(t, sandbox.Options{
		Seed:   control.Seed{Numbers: []control.SeedNumber{{ID: id, Number: "+14155550199", AgentID: "agent_1"}}},
		Faults: []control.Fault{{Name: "at the start", Operation: "searchPhoneNumbers", Status: http.StatusServiceUnavailable, Times: 1}},
	})
	atStart := func(when string) {
		t.Helper()
		var requests control.RequestList
		s.mustControl(t, http.MethodGet, "/_control/requests", "", http.StatusOK, &requests)
		if n := len(requests.Requests); n != 0 {
			t.Errorf("%s: %d requests; want none", when, n)
		}
		var faults control.FaultList
		s.mustControl(t, http.MethodGet, "/_control/faults", "", http.StatusOK, &faults)
		if len(faults.Faults) != 1 || faults.Faults[0].Name != "at the start" || faults.Faults[0].Fired != 0 {
			t.Errorf("%s: the faults are %+v; want the one at the start, which has not fired", when, faults.Faults)
		}
		numbers, err := s.Numbers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(numbers) != 1 || numbers[0].ID != id || numbers[0].AgentID == nil {
			t.Errorf("%s: the numbers are %+v; want %s with its agent", when, numbers, id)
		}
	}
	atStart("at the start")
	var bought []string
	for range 2 {
		if status, text := s.api(t, http.MethodPost, "/phone_numbers/search", `{"prefix":"415"}`); status != http.StatusServiceUnavailable {
			t.Errorf("the first search: %d %s; want 503, by the fault", status, text)
		}
		status, text := s.api(t, http.MethodPost, purchases, purchase, "Idempotency-Key", "k")
		if status != http.StatusOK {
			t.Fatalf("the purchase: %d %s; want 200", status, text)
		}
		bought = append(bought, text)
		if status, text := s.api(t, http.MethodDelete, "/phone_numbers/"+id, ""); status != http.StatusOK {
			t.Errorf("the delete: %d %s; want 200", status, text)
		}
		s.mustControl(t, http.MethodPut, "/_control/faults", `{"faults":[{"status":500}]}`, http.StatusNoContent, nil)
		s.mustControl(t, http.MethodPost, "/_control/reset", "", http.StatusNoContent, nil)
		atStart("after a reset")
	}
	if bought[0] != bought[1] {
		t.Errorf("the purchases before and after the reset are %q; want the same ids", bought)
	}
}

// waitForRequest waits until a request has arrived.
func waitForRequest(s *sandbox.Sandbox) {
	for len(s.Requests()) == 0 {
		time.Sleep(time.Millisecond)
	}
}

// A request that runs during a reset ends in the old world, also if a fault holds it.
func TestAResetDoesNotWaitForRequests(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{Faults: []control.Fault{{Operation: "purchasePhoneNumber", LatencyMs: 600_000, Times: 1}}})
	ended := make(chan int)
	go func() {
		status, _ := s.api(t, http.MethodPost, purchases, purchase)
		ended <- status
	}()
	waitForRequest(s.Sandbox)
	s.mustControl(t, http.MethodPost, "/_control/reset", "", http.StatusNoContent, nil)
	if status := <-ended; status != 0 {
		t.Errorf("the request during the reset has the status %d; want its connection cut", status)
	}
	if numbers, err := s.Numbers(t.Context()); err != nil || len(numbers) != 0 {
		t.Errorf("after the reset, the numbers are %v, %v; want none", numbers, err)
	}
}

func TestAStopDoesNotWaitForTheLatencyOfAFault(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(t.Context(), sandbox.Options{Faults: []control.Fault{{LatencyMs: 600_000}}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan int)
	go func() {
		status, _ := (&testSandbox{Sandbox: s}).api(t, http.MethodPost, purchases, purchase)
		ended <- status
	}()
	waitForRequest(s)
	if err := s.Stop(); err != nil {
		t.Errorf("stopping: %v; want no error", err)
	}
	if status := <-ended; status != 0 {
		t.Errorf("the request during the stop has the status %d; want its connection cut", status)
	}
}

// A client that has sent half a request is cut off after a second, long before a server would.
func TestAStopDoesNotWaitForHalfARequest(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSuffix(strings.TrimPrefix(s.BaseURL, "http://"), "/api")
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "POST /api%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: 99\r\nExpect: 100-continue\r\n\r\n", purchases, s.Key())
	if err == nil {
		_, err = conn.Read(make([]byte, 25)) // the server asks for the body, so the request is in progress
	}
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := s.Stop(); err != nil {
		t.Errorf("stopping: %v; want no error", err)
	}
	if waited := time.Since(start); waited < time.Second || waited >= 15*time.Second {
		t.Errorf("the stop took %v; want 1s or little more, and not the 15s of a server", waited)
	}
}

func TestANewSeedReplacesTheOldOne(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{Seed: control.Seed{Numbers: []control.SeedNumber{{Number: "+14155550199"}}}})
	oldKey := s.Key()
	s.mustControl(t, http.MethodPut, "/_control/seed",
		`{"keys":[{"key":"test-key-1"}],"agents":["agent_1"],"forSale":["+14155550123"],"numbers":[{"number":"+14155550100","agentId":"agent_1"}]}`,
		http.StatusNoContent, nil)
	if s.Key() != "test-key-1" {
		t.Errorf("the key is %s; want test-key-1", s.Key())
	}
	for range 2 {
		status, text := s.api(t, http.MethodGet, "/phone_numbers", "")
		if status != http.StatusOK || !strings.Contains(text, "+14155550100") || strings.Contains(text, "+14155550199") {
			t.Errorf("the list is %d %s; want only the number of the new seed", status, text)
		}
		if status, text := s.api(t, http.MethodPost, purchases, purchase); status != http.StatusUnprocessableEntity {
			t.Errorf("buying a number that is not for sale: %d %s; want 422", status, text)
		}
		if status, text := s.api(t, http.MethodPost, purchases, `{"number":"+14155550123"}`); status != http.StatusOK {
			t.Errorf("buying the number for sale: %d %s; want 200", status, text)
		}
		s.mustControl(t, http.MethodPost, "/_control/reset", "", http.StatusNoContent, nil) // it goes back to the new seed
	}
	if status, _ := s.api(t, http.MethodGet, "/phone_numbers", "", "Authorization", "Bearer "+oldKey); status != http.StatusUnauthorized {
		t.Errorf("the old key gets the status %d; want 401", status)
	}
	var problem api.Problem
	s.mustControl(t, http.MethodPut, "/_control/seed", `{"numbers":[{"number":"+14155550100"},{"number":"+14155550100"}]}`, http.StatusUnprocessableEntity, &problem)
	if len(problem.Errors) != 1 || problem.Errors[0].Pointer != "/numbers/1/number" {
		t.Errorf("a seed with a number twice is refused with %+v; want one mistake at /numbers/1/number", problem.Errors)
	}
	if numbers, err := s.Numbers(t.Context()); err != nil || len(numbers) != 1 {
		t.Errorf("after a seed that was refused, the numbers are %v, %v; want one, as before", numbers, err)
	}
}

func TestALinkToAnUnknownAgentIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{Seed: control.Seed{Agents: []string{"agent_1"}, Numbers: []control.SeedNumber{{Number: "+14155550100"}}}})
	numbers, err := s.Numbers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := "/phone_numbers/" + numbers[0].ID
	for body, want := range map[string]int{`{"agentId":"agent_2"}`: 422, `{"agentId":"agent_1"}`: 200, `{"agentId":""}`: 200, `{}`: 200} {
		status, text := s.api(t, http.MethodPut, path, body)
		if status != want {
			t.Errorf("an update with %s: %d %s; want %d", body, status, text, want)
		}
		if want == 422 && (!strings.Contains(text, `"validation_failed"`) || !strings.Contains(text, `"/agentId"`)) {
			t.Errorf("an update with %s: %s; want validation_failed at /agentId", body, text)
		}
	}
}

func TestRequestsAreListedWithTheirFaults(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	s.mustControl(t, http.MethodPut, "/_control/faults",
		`{"faults":[{"name":"lost","operation":"purchasePhoneNumber","cut":"after","times":1},{"operation":"listPhoneNumbers","cut":"before"}]}`,
		http.StatusNoContent, nil)
	s.api(t, http.MethodPost, purchases, purchase, "Idempotency-Key", "order-17", "X-Request-Id", "r1")
	s.api(t, http.MethodPost, purchases, purchase, "Idempotency-Key", "order-17", "X-Request-Id", "r2")
	s.api(t, http.MethodGet, "/phone_numbers?limit=3", "")
	s.api(t, http.MethodGet, "/nothing", "", "Authorization", "Bearer wrong")
	s.control(t, http.MethodGet, "/_control/faults", "", nil)
	var list control.RequestList
	s.mustControl(t, http.MethodGet, "/_control/requests", "", http.StatusOK, &list)
	var got []string
	for _, r := range list.Requests {
		got = append(got, strings.Join([]string{r.Operation, r.Workspace, r.Method, r.Path, r.Query, r.IdempotencyKey, string(r.Body), http.StatusText(r.Status), r.Fault}, " "))
		if r.RequestID == "" || r.Time.IsZero() {
			t.Errorf("the request is %+v; want a request id and a time", r)
		}
	}
	want := []string{
		"purchasePhoneNumber default POST /api/phone_numbers/purchase  order-17 " + purchase + " OK lost",
		"purchasePhoneNumber default POST /api/phone_numbers/purchase  order-17 " + purchase + " OK ",
		"listPhoneNumbers  GET /api/phone_numbers limit=3    fault-2",
		"  GET /api/nothing    Not Found ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the requests are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s.mustControl(t, http.MethodGet, "/_control/requests?operation=purchasePhoneNumber", "", http.StatusOK, &list)
	if len(list.Requests) != 2 || list.Requests[1].RequestID != "r2" {
		t.Errorf("the purchases are %+v; want two, r2 last", list.Requests)
	}
	var faults control.FaultList
	s.mustControl(t, http.MethodGet, "/_control/faults", "", http.StatusOK, &faults)
	if len(faults.Faults) != 2 || faults.Faults[0].Fired != 1 || faults.Faults[1].Fired != 1 {
		t.Errorf("the faults are %+v; want two that have each hit one request", faults.Faults)
	}
}
