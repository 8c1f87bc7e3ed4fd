package inbound

import (
	"bufio"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/control"
)

func TestNodeAcceptsTheSignatureInThePublishedWay(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.Webhook = &control.Webhook{URL: startNode(t), Secret: testSecret}
	got := l.answered(t)
	got.DurationMs = 0
	want := control.WebhookResult{Status: 200, CallAgentInput: map[string]string{"caller": "+18005550100"}, Keywords: []string{"agent_1"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the result is %+v; want %+v", got, want)
	}
	l.Webhook.Secret = "another secret"
	got = l.answered(t)
	got.DurationMs = 0
	want = control.WebhookResult{Status: 401, Error: "The webhook responded with status 401."}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("with another secret, the result is %+v; want %+v", got, want)
	}
}

// startNode starts testdata/receiver.mjs and returns its URL. Without Node.js, it skips the test, or fails it in CI.
func startNode(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("CI needs Node.js:", err)
		}
		t.Skip("without Node.js:", err)
	}
	node := exec.Command("node", "testdata/receiver.mjs") //nolint:noctx // the cleanup ends it
	node.Env = append(os.Environ(), "WEBHOOK_SECRET="+testSecret)
	node.Stderr = os.Stderr
	output, err := node.StdoutPipe()
	if err == nil {
		err = node.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = node.Process.Kill()
		_ = node.Wait() // the error is that it was killed
	})
	url, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal("read the URL of the receiver:", err)
	}
	return strings.TrimSpace(url)
}
