package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A user who presses Tab does not have to wait for a server that does not respond. The shell offers what arrived before.
func TestACompletionDoesNotWaitForLong(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("cursor") {
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"data":[{"id":"1","number":"+14155550100","type":"PSTN","agentId":null}],"cursor":"next"}`))
	}))
	defer server.Close()
	command := exec.CommandContext(t.Context(), "phonenumbers", "__complete", "get", "")
	command.Env = append(plainEnviron(), "VOGENT_API_KEY=key", "VOGENT_BASE_URL="+server.URL)
	start := time.Now()
	offered, err := command.Output()
	took := time.Since(start)
	if err != nil {
		t.Errorf("completion has ended with %v; want exit code 0", err)
	}
	if want := "+14155550100\n"; !strings.HasPrefix(string(offered), want) {
		t.Errorf("offered %q; want %q first", offered, want)
	}
	if took > soon {
		t.Errorf("completion took %s; want %s or less", took, soon)
	}
}
