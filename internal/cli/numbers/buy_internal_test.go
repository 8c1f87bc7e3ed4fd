package numbers

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
)

// If the purchase of a number is refused, the command looks for the number once, and does not send the purchase again. Its
// error replaces what the server said only if it finds the number.
func TestARefusedNumberIsLookedForOnce(t *testing.T) {
	const number = `{"id":"1","number":"%s","type":"PSTN","agentId":null}`
	looked := []string{"POST", "GET"}
	for _, c := range []struct {
		name, code string
		status     int // of the look-up
		found      string
		says       string
		sent       []string
	}{
		{"yours", "number_unavailable", http.StatusOK, fmt.Sprintf(number, "+14155550100"), "you already have +14155550100, with the id 1", looked},
		{"yours, as a SIP prefix", "sip_prefix_taken", http.StatusOK, fmt.Sprintf(number, "+14155550100"), "you already have +14155550100, with the id 1", looked},
		{"not yours", "number_unavailable", http.StatusOK, "", "not for sale (number_unavailable)", looked},
		{"another, from a server that does not filter", "number_unavailable", http.StatusOK, fmt.Sprintf(number, "+14155550101"), "not for sale (number_unavailable)", looked},
		{"the look-up fails", "number_unavailable", http.StatusInternalServerError, "", "not for sale (number_unavailable)", looked},
		{"the look-up is over the rate limit", "number_unavailable", http.StatusTooManyRequests, "", "not for sale (number_unavailable)", looked},
		{"the look-up is refused", "sip_prefix_taken", http.StatusForbidden, "", "not for sale (sip_prefix_taken)", looked},
		{"another refusal", "validation_failed", http.StatusOK, fmt.Sprintf(number, "+14155550100"), "not for sale (validation_failed)", []string{"POST"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sent []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent = append(sent, r.Method)
				w.Header().Set("Content-Type", "application/json")
				if r.Method == http.MethodPost {
					w.WriteHeader(http.StatusUnprocessableEntity)
					fmt.Fprintf(w, `{"detail":"not for sale","code":%q}`, c.code)
					return
				}
				w.WriteHeader(c.status)
				fmt.Fprintf(w, `{"data":[%s],"cursor":null}`, c.found)
			}))
			defer server.Close()
			to, err := client.New(client.WithAPIKey("key"), client.WithBaseURL(server.URL))
			if err != nil {
				t.Fatal(err)
			}
			s := &session{&account.Session{Console: &console.Console{Out: io.Discard, Err: io.Discard}, API: to}}
			err = s.create(t.Context(), "+14155550100", api.Purchase("+14155550100"), "")
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
			if !slices.Equal(sent, c.sent) {
				t.Errorf("sent %q; want %q", sent, c.sent)
			}
		})
	}
}
