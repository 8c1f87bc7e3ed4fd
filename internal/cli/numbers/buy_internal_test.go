package numbers

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
)

// If the purchase of a number is refused, the command looks for the number once, and does not send the purchase again. Its
// error replaces what the server said only if it finds the number.
func TestARefusedNumberIsLookedForOnce(t *testing.T) {
	t.Parallel()
	const (
		ours, others = "+14155550100", "+14155550101"
		ourID, sipID = "01900000-0000-7000-8000-00000000a001", "01900000-0000-7000-8000-00000000a002"
		unavailable  = "This number is not available. Search for another one. (number_unavailable"
	)
	seed := control.Seed{
		Workspaces: []string{"ours", "others"},
		Numbers: []control.SeedNumber{
			{ID: ourID, Number: ours},
			{ID: sipID, Number: "support", SIP: &control.SeedSIP{Username: "caller", Password: "correct horse battery"}},
			{Number: others, Workspace: "others"},
		},
	}
	lookUp := func(status int) control.Fault { return control.Fault{Operation: "listPhoneNumbers", Status: status} }
	unfiltered := lookUp(http.StatusOK)
	unfiltered.Headers = map[string]string{"Content-Type": "application/json"}
	unfiltered.Body = fmt.Sprintf(`{"data":[{"id":%q,"number":%q,"type":"PSTN","agentId":null}],"cursor":null}`, ourID, ours)
	support := api.VogentSIP(api.VogentSIPDetails{SIPPrefix: "support", Username: "caller", Password: "correct horse battery"})
	looked := []string{"createPhoneNumber", "listPhoneNumbers"}
	for _, c := range []struct {
		name, number string
		request      api.CreatePhoneNumberInput
		fault        *control.Fault
		code, says   string
		sent         []string
	}{
		{"yours", ours, api.Purchase(ours), nil, "number_unavailable", "you already have " + ours + ", with the id " + ourID, looked},
		{"yours, as a SIP prefix", "support", support, nil, "sip_prefix_taken", "you already have support, with the id " + sipID, looked},
		{"not yours", others, api.Purchase(others), nil, "number_unavailable", unavailable, looked},
		{"another, from a server that does not filter", others, api.Purchase(others), &unfiltered, "number_unavailable", unavailable, looked},
		{"the look-up fails", ours, api.Purchase(ours), new(lookUp(500)), "number_unavailable", unavailable, looked},
		{"the look-up is over the rate limit", ours, api.Purchase(ours), new(lookUp(429)), "number_unavailable", unavailable, looked},
		{"the look-up is refused", "support", support, new(lookUp(403)), "sip_prefix_taken", "(sip_prefix_taken", looked},
		{
			"another refusal", ours, api.Purchase(ours),
			&control.Fault{Operation: "createPhoneNumber", Status: 422},
			"validation_failed", "(validation_failed", looked[:1],
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := apitest.NewServer(t, apitest.WithSeed(seed))
			if c.fault != nil {
				srv.Fail(*c.fault)
			}
			s := &session{&account.Session{Console: &console.Console{Out: io.Discard, Err: io.Discard}, API: srv.Client()}}
			err := s.create(t.Context(), c.number, c.request, "")
			var text, object bytes.Buffer
			code, _ := failures.Report(&text, false, "phonenumbers buy", err), failures.Report(&object, true, "phonenumbers buy", err)
			if code != console.ExitFailed {
				t.Errorf("the exit code is %d; want %d", code, console.ExitFailed)
			}
			if !strings.Contains(text.String(), c.says) {
				t.Errorf("the text is %q; want %q in it", &text, c.says)
			}
			if want := fmt.Sprintf(`"code":%q`, c.code); !strings.Contains(object.String(), want) {
				t.Errorf("the object is %s; want %s in it", &object, want)
			}
			var sent []string
			for _, r := range srv.Requests() {
				sent = append(sent, r.Operation)
			}
			if !slices.Equal(sent, c.sent) {
				t.Errorf("sent %q; want %q", sent, c.sent)
			}
		})
	}
}
