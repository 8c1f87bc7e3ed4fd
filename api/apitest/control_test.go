package apitest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
)

func TestASeedIsThereAtTheStart(t *testing.T) {
	t.Parallel()
	seed := control.Seed{
		Keys:    []control.SeedKey{{Key: "test-key-1"}, {Key: "test-key-2", Workspace: "other"}},
		Agents:  []string{"agent_1"},
		ForSale: []string{"+14155550123"},
		Numbers: []control.SeedNumber{
			{ID: "11111111-2222-4333-8444-555555555555", Number: "+14155550100", AgentID: "agent_1"},
			{Number: "support-line", Workspace: "other", SIP: &control.SeedSIP{Username: "caller", Password: "correct horse"}},
		},
		Workspaces: []string{"default", "other"},
	}
	text, err := json.Marshal(seed) // JSON is YAML too
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "seed.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, option := range map[string]apitest.Option{"WithSeed": apitest.WithSeed(seed), "WithSeedFile": apitest.WithSeedFile(file)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := apitest.NewServer(t, option)
			if srv.Key != "test-key-1" {
				t.Errorf("the key is %s; want test-key-1", srv.Key)
			}
			numbers := srv.Numbers()
			if len(numbers) != 1 || numbers[0].ID != seed.Numbers[0].ID || numbers[0].AgentID == nil || *numbers[0].AgentID != "agent_1" {
				t.Errorf("the numbers are %+v; want %+v", numbers, seed.Numbers[0])
			}
			found, err := srv.Client().Search(t.Context(), api.PhoneNumberSearchInput{Prefix: "415"})
			if err != nil || len(found) != 1 || found[0].Number != "+14155550123" {
				t.Errorf("for sale are %v, %v; want +14155550123", found, err)
			}
			other, err := srv.Client(client.WithAPIKey("test-key-2")).GetByNumber(t.Context(), "support-line")
			if err != nil || other.Type != api.SIPUsername {
				t.Errorf("the other workspace has %+v, %v; want a SIP address", other, err)
			}
			if _, err := srv.Client().Link(t.Context(), numbers[0].ID, "agent_2"); !errors.Is(err, client.ErrValidation) {
				t.Errorf("linking an unknown agent: %v; want %v", err, client.ErrValidation)
			}
			if _, err := srv.Client(client.WithAPIKey("test-key-3")).List(t.Context(), api.ListPhoneNumbersParams{}); !errors.Is(err, client.ErrUnauthorized) {
				t.Errorf("with another key: %v; want %v", err, client.ErrUnauthorized)
			}
		})
	}
}

func TestAStoppedClockMovesOnlyByAdvance(t *testing.T) {
	t.Parallel()
	for _, start := range []time.Time{time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC), {}} {
		srv := apitest.NewServer(t, apitest.WithTime(start))
		for range 2 {
			if _, err := srv.Client().List(t.Context(), api.ListPhoneNumbersParams{}); err != nil {
				t.Fatal(err)
			}
			srv.Advance(time.Hour)
		}
		for i, r := range srv.Requests() {
			if want := start.Add(time.Duration(i) * time.Hour); !r.Time.Equal(want) {
				t.Errorf("the request %d came at %v; want %v", i+1, r.Time, want)
			}
		}
	}
}

// Numbers and Requests look at the server from inside: no fault hits them, and they are not requests.
func TestAFaultHitsOnlyRequests(t *testing.T) {
	t.Parallel()
	srv := apitest.NewServer(t)
	srv.Fail(control.Fault{Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "7"}, Times: 1})
	srv.Fail(control.Fault{Name: "down", Status: http.StatusServiceUnavailable})
	var failure *client.Error
	_, err := srv.Client(client.WithRetries(0)).Get(t.Context(), "11111111-2222-4333-8444-555555555555")
	if !errors.As(err, &failure) || failure.RetryAfter != 7*time.Second {
		t.Errorf("the first error is %v; want one with a Retry-After of 7 seconds", err)
	}
	_, err = srv.Client(client.WithRetries(0)).Get(t.Context(), "11111111-2222-4333-8444-555555555555")
	if !errors.As(err, &failure) || failure.Header.Get("Phonenumbers-Fault") != "down" {
		t.Errorf("the second error is %v; want one with the name of the fault", err)
	}
	if numbers := srv.Numbers(); len(numbers) != 0 {
		t.Errorf("the numbers are %v; want none", numbers)
	}
	srv.ClearFaults()
	if _, err = srv.Client().Get(t.Context(), "11111111-2222-4333-8444-555555555555"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("without faults, the error is %v; want %v", err, client.ErrNotFound)
	}
	var got []string
	for _, r := range srv.Requests() {
		got = append(got, r.Operation+" "+r.Fault)
	}
	if want := []string{"getPhoneNumber fault-1", "getPhoneNumber down", "getPhoneNumber "}; !slices.Equal(got, want) {
		t.Errorf("the requests are %q; want %q", got, want)
	}
}

func TestACallShowsTheEffectOfALink(t *testing.T) {
	t.Parallel()
	const secret = "whsec_test"
	var payload struct {
		Event   string `json:"event"`
		Payload struct {
			DestNumberID string `json:"dest_number_id"`
			CallAgentID  string `json:"call_agent_id"`
			SourceNumber string `json:"source_number"`
		} `json:"payload"`
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		if got, want := r.Header.Get("X-Elto-Signature"), hex.EncodeToString(mac.Sum(nil)); got != want {
			t.Errorf("the signature is %s; want %s", got, want)
		}
		if err := json.Unmarshal(body, &payload); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, `{"call_agent_input":{"name":"Ada"}}`)
	}))
	t.Cleanup(receiver.Close)
	srv := apitest.NewServer(t, apitest.WithSeed(control.Seed{Webhook: &control.Webhook{URL: receiver.URL, Secret: secret}}))
	call := func() (control.Call, error) { return srv.Call("+14155550100", "+18005550100") }
	refused := func(want error) {
		t.Helper()
		if c, err := call(); !errors.Is(err, want) {
			t.Errorf("the call is %+v, %v; want %v", c, err, want)
		}
	}
	refused(apitest.ErrUnknown)
	c := srv.Client()
	n, err := c.Buy(t.Context(), "+14155550100")
	if err != nil {
		t.Fatal(err)
	}
	refused(apitest.ErrUnlinked)
	if _, err := c.Link(t.Context(), n.ID, "agent_1"); err != nil {
		t.Fatal(err)
	}
	answered, err := call()
	if err != nil {
		t.Fatal(err)
	}
	if answered.AgentID != "agent_1" || answered.NumberID != n.ID || answered.Webhook == nil || answered.Webhook.CallAgentInput["name"] != "Ada" {
		t.Errorf("the call is %+v; want agent_1 at %s, and the response of the webhook", answered, n.ID)
	}
	if p := payload.Payload; payload.Event != "dial.inbound" || p.DestNumberID != n.ID || p.CallAgentID != "agent_1" || p.SourceNumber != "+18005550100" {
		t.Errorf("the webhook got %+v; want the call", payload)
	}
	if err := c.Delete(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
	refused(apitest.ErrDeleted)
	if _, err := srv.Call("", "x"); err == nil || !strings.Contains(err.Error(), "/to") || !strings.Contains(err.Error(), "/from") {
		t.Errorf("a call from nowhere to nowhere: %v; want an error about /to and /from", err)
	}
}

// failing is a test that fails instead of the test that uses it.
type failing struct {
	testing.TB

	says string
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.says = strings.TrimSpace(format)
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			f.says = err.Error()
		}
	}
	panic(f)
}

func TestMistakesFailTheTest(t *testing.T) {
	t.Parallel()
	for want, do := range map[string]func(tb *failing){
		"/numbers/1/number": func(tb *failing) {
			apitest.NewServer(tb, apitest.WithSeed(control.Seed{Numbers: []control.SeedNumber{{Number: "+14155550100"}, {Number: "+14155550100"}}}))
		},
		"no such file": func(tb *failing) { apitest.NewServer(tb, apitest.WithSeedFile("none.yaml")) },
		"/operation":   func(tb *failing) { apitest.NewServer(tb).Fail(control.Fault{Operation: "buyNumber", Status: 500}) },
		"already": func(tb *failing) {
			srv := apitest.NewServer(tb)
			srv.Fail(control.Fault{Name: "down", Status: 503})
			srv.Fail(control.Fault{Name: "down", Status: 503})
		},
	} {
		tb := &failing{TB: t}
		func() {
			defer func() {
				if got := recover(); got != nil && got != any(tb) {
					panic(got)
				}
			}()
			do(tb)
		}()
		if !strings.Contains(tb.says, want) {
			t.Errorf("the test fails with %q; want %q in it", tb.says, want)
		}
	}
}
