package cli_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/control"
)

// A user who presses Tab does not have to wait for a server that does not respond. The shell offers what arrived before.
func TestACompletionDoesNotWaitForLong(t *testing.T) {
	t.Parallel()
	var seed control.Seed
	for i := range 101 { // more than a page
		seed.Numbers = append(seed.Numbers, control.SeedNumber{Number: fmt.Sprintf("+1415555%04d", 100+i)})
	}
	srv := apitest.NewServer(t, apitest.WithSeed(seed))
	srv.Fail(control.Fault{Operation: "listPhoneNumbers", Skip: 1, LatencyMs: 600_000})
	command := exec.CommandContext(t.Context(), "phonenumbers", "__complete", "get", "")
	command.Env = append(plainEnviron(), "VOGENT_API_KEY="+srv.Key, "VOGENT_BASE_URL="+srv.URL)
	start := time.Now()
	offered, err := command.Output()
	took := time.Since(start)
	if err != nil {
		t.Errorf("completion has ended with %v; want exit code 0", err)
	}
	if want := "+14155550100\n"; !strings.HasPrefix(string(offered), want) {
		t.Errorf("offered %q; want %q first", offered, want)
	}
	if took < time.Second || took > soon {
		t.Errorf("completion took %s; want 1s, for the second page, to %s", took, soon)
	}
}
