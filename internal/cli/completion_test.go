package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Whoever presses tab does not wait for a server that does not answer; what came before that is offered.
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
	if took := time.Since(start); err != nil || !strings.HasPrefix(string(offered), "+14155550100\n") || took > soon {
		t.Errorf("%v after %s: %s", err, took, offered)
	}
}
