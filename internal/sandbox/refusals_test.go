package sandbox_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox"
	"github.com/vogent-community/phonenumbers/internal/serve"
)

func TestControlRequestsAreCheckedStrictly(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	for _, test := range []struct {
		method, path, body string
		status             int
		pointer            string
	}{
		{http.MethodGet, "/_control/requests?op=x", "", 400, "op"},
		{http.MethodGet, "/_control/requests?operation=purchasePhoneNumber&operation=x", "", 400, ""},
		{http.MethodGet, "/_control/requests?operation=buyNumber", "", 422, "operation"},
		{http.MethodGet, "/_control/requests?operation=", "", 422, "operation"},
		{http.MethodGet, "/_control/requests?operation", "", 422, "operation"},
		{http.MethodGet, "/_control/requests?operation=%zz", "", 400, ""},
		{http.MethodGet, "/_control/requests?operation=purchasePhoneNumber;x=y", "", 400, ""},
		{http.MethodGet, "/_control/faults?operation=purchasePhoneNumber", "", 400, "operation"},
		{http.MethodPost, "/_control/reset?seed=x", "", 400, "seed"},
		{http.MethodPut, "/_control/faults", `{"faults":[{"sttaus":500}]}`, 400, "/faults/0/sttaus"},
		{http.MethodPut, "/_control/faults", `{"faults":[{"status":null}]}`, 400, "/faults/0/status"},
		{http.MethodPut, "/_control/faults", `{"faults":[{"status":"500"}]}`, 400, "/faults/0/status"},
		{http.MethodPut, "/_control/faults", `{"faults":[{"status":500},{"status":199}]}`, 422, "/faults/1/status"},
		{http.MethodPut, "/_control/faults", `{"faults":[{"operation":"buyNumber","cut":"after"}]}`, 422, "/faults/0/operation"},
		{http.MethodPut, "/_control/faults", `{"faults":[{}]}`, 422, "/faults/0"},
		{http.MethodPut, "/_control/faults", "", 400, ""},
		{http.MethodPut, "/_control/faults", "{}", 422, "/faults"},
		{http.MethodPut, "/_control/seed", `{"number":[]}`, 400, "/number"},
		{http.MethodPost, "/_control/calls", `{"to":"+14155550100"}`, 422, "/from"},
		{http.MethodPost, "/_control/calls", `{"to":"x y","from":"+18005550100"}`, 422, "/to"},
	} {
		var problem api.Problem
		s.mustControl(t, test.method, test.path, test.body, test.status, &problem)
		got := ""
		if len(problem.Errors) > 0 {
			got = problem.Errors[0].Pointer
		}
		if got != test.pointer {
			t.Errorf("%s %s with %s: the problem is %+v; want one at %q", test.method, test.path, test.body, problem, test.pointer)
		}
	}
}

var sentence = regexp.MustCompile(`^[A-Z].*\.$`)

func TestACallSaysWhoAnswersOrWhyNobodyDoes(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{Seed: control.Seed{Numbers: []control.SeedNumber{
		{Number: "+14155550100", AgentID: "agent_1"},
		{Number: "+14155550101"},
		{Number: "+14155550102", AgentID: "agent_1"},
		{Number: "support-line", AgentID: "agent_2", SIP: &control.SeedSIP{Username: "caller", Password: "correct horse"}},
	}}})
	numbers, err := s.Numbers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if status, text := s.api(t, http.MethodDelete, "/phone_numbers/"+numbers[2].ID, ""); status != http.StatusOK {
		t.Fatalf("the delete: %d %s; want 200", status, text)
	}
	for to, want := range map[string]string{"+14155550100": "agent_1", "Support-Line": "agent_2"} {
		var call control.Call
		s.mustControl(t, http.MethodPost, "/_control/calls", `{"to":"`+to+`","from":"+18005550100"}`, http.StatusOK, &call)
		if call.AgentID != want || call.NumberID == "" || call.Webhook != nil {
			t.Errorf("a call to %s: %+v; want %s, a number and no webhook", to, call, want)
		}
	}
	for to, want := range map[string]api.ProblemCode{
		"+14155550101": "number_unlinked", "+14155550102": "number_deleted", "+14155550103": "number_unknown", "other-line": "number_unknown",
	} {
		var problem api.Problem
		s.mustControl(t, http.MethodPost, "/_control/calls", `{"to":"`+to+`","from":"+18005550100"}`, http.StatusUnprocessableEntity, &problem)
		if problem.Code != want || !sentence.MatchString(problem.Detail) {
			t.Errorf("a call to %s: %+v; want the code %s, and a sentence as the detail", to, problem, want)
		}
	}
}

func TestTheWebhookOfTheOptionsComesBeforeThatOfTheSeed(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"call_agent_input":{"name":"Ada"},"keywords":["Vogent"]}`))
	}))
	t.Cleanup(receiver.Close)
	wrong := &control.Webhook{URL: "http://127.0.0.1:1/", Secret: "s"}
	right := &control.Webhook{URL: receiver.URL, Secret: "s"}
	for _, o := range []sandbox.Options{{Seed: control.Seed{Webhook: right}}, {Seed: control.Seed{Webhook: wrong}, Webhook: right}} {
		o.Seed.Numbers = []control.SeedNumber{{Number: "+14155550100", AgentID: "agent_1"}}
		s := start(t, o)
		var call control.Call
		s.mustControl(t, http.MethodPost, "/_control/calls", `{"to":"+14155550100","from":"+18005550100"}`, http.StatusOK, &call)
		if w := call.Webhook; w == nil || w.Status != http.StatusOK || w.CallAgentInput["name"] != "Ada" || len(w.Keywords) != 1 || w.Error != "" {
			t.Errorf("the webhook is %+v; want its response", w)
		}
	}
}

// The server of 'phonenumbers serve' has neither the control paths nor the pages about them, and no fault hits it.
func TestAServerHasNoControl(t *testing.T) {
	t.Parallel()
	server, err := serve.Start(context.Background(), serve.Options{Database: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := start(t, sandbox.Options{})
	paths := []string{"/docs/control", "/control.yaml", "/control.json"}
	for path := range controlDocument(t).Paths.Map() {
		paths = append(paths, path)
	}
	if len(paths) < 8 {
		t.Errorf("the paths are %q; want 8 or more", paths)
	}
	get := func(url string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	root := server.BaseURL[:len(server.BaseURL)-len("/api")]
	for _, path := range paths {
		if status := get(root + path); status != http.StatusNotFound {
			t.Errorf("the server responds to %s with the status %d; want 404", path, status)
		}
		if status := get(s.url + path); status == http.StatusNotFound {
			t.Errorf("the sandbox responds to %s with 404; want it there", path)
		}
	}
}
