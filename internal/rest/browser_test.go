//go:build browser

package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is a tab in its own Chromium, with a record of what goes wrong in it.
type browser struct {
	ctx context.Context //nolint:containedctx // chromedp's tab is its context
	t   *testing.T

	mu       sync.Mutex
	troubles []string
}

// newBrowser opens a tab that can send requests only to host.
func newBrowser(t *testing.T, host string) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stopTab := chromedp.NewContext(allocator)
	t.Cleanup(stopTab)
	ctx, stopTimer := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(stopTimer)
	b := &browser{ctx: ctx, t: t}
	trouble := func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.troubles = append(b.troubles, fmt.Sprintf(format, args...))
	}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			trouble("exception: %s", e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				text, _ := json.Marshal(e.Args)
				trouble("console: %s %s", e.Type, text)
			}
		case *log.EventEntryAdded:
			// Chromium also logs a refused call, which the page shows.
			if e.Entry.Level == log.LevelError && !strings.Contains(e.Entry.Text, "the server responded with a status of 4") {
				trouble("log: %s %s", e.Entry.Text, e.Entry.URL)
			}
		case *network.EventRequestWillBeSent:
			if u, err := url.Parse(e.Request.URL); err != nil || u.Host != host && u.Scheme != "data" {
				trouble("request to %s", e.Request.URL)
			}
		}
	})
	b.do(log.Enable(), network.Enable(), runtime.Enable())
	return b
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.t.Fatalf("%v; so far: %q", err, b.troubles)
	}
}

// text returns the text of the first element that matches, after waiting for it.
func (b *browser) text(selector string) (text string) {
	b.t.Helper()
	b.do(chromedp.Text(selector, &text, chromedp.ByQuery))
	return text
}

// waitFor waits until the JavaScript is true.
func (b *browser) waitFor(expression string) {
	b.t.Helper()
	b.do(chromedp.Poll(expression, nil, chromedp.WithPollingTimeout(30*time.Second)))
}

// settle waits until no color is on its way to another one.
func (b *browser) settle() {
	b.t.Helper()
	b.waitFor(`document.getAnimations().every((animation) => !(animation instanceof CSSTransition))`)
}

// check fails the test if anything went wrong in the tab.
func (b *browser) check() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, trouble := range b.troubles {
		b.t.Error(trouble)
	}
}

// useKey replaces the key that is there by typing another one.
func (b *browser) useKey(key string) {
	b.t.Helper()
	b.fill("#key", key)
}

// fill replaces the text in the field by typing another one.
func (b *browser) fill(field, text string) {
	b.t.Helper()
	b.do(
		chromedp.Focus(field, chromedp.ByQuery),
		chromedp.Evaluate(`document.activeElement.select()`, nil),
		chromedp.KeyEvent(kb.Backspace),
		chromedp.SendKeys(field, text, chromedp.ByQuery),
	)
}

// open opens an operation with the keyboard, and returns the selector of its block.
func (b *browser) open(tag, operation string) string {
	b.t.Helper()
	block := fmt.Sprintf("#operations-%s-%s", tag, operation)
	b.do(
		chromedp.WaitVisible(block, chromedp.ByQuery),
		chromedp.Focus(block+" .opblock-summary-control", chromedp.ByQuery),
		chromedp.KeyEvent(kb.Enter),
		chromedp.WaitVisible(block+" .btn.execute", chromedp.ByQuery),
	)
	return block
}

// waitUntilResolved waits for the operation to be complete. Swagger UI resolves an operation when it
// is opened, and a test can press a key before that is done.
func (b *browser) waitUntilResolved(block string) {
	b.t.Helper()
	b.waitFor(fmt.Sprintf(`(() => {
		const block = document.querySelector(%q);
		const path = block.querySelector("[data-path]").dataset.path, method = block.querySelector(".opblock-summary-method").textContent;
		return ui.specSelectors.specResolvedSubtree(["paths", path, method.toLowerCase()]) !== undefined;
	})()`, block))
}

// execute executes the operation as its form is filled in, and returns the status, the body and the cURL call.
func (b *browser) execute(block string) (status, body, curl string) {
	b.t.Helper()
	b.waitUntilResolved(block)
	answer := block + " .live-responses-table .response"
	shown := fmt.Sprintf(`document.querySelector(%q)?.textContent ?? ""`, answer)
	var before string
	b.do(chromedp.Evaluate(shown, &before), chromedp.Focus(block+" .btn.execute", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	b.waitFor(fmt.Sprintf(`![%q, ""].includes(%s)`, before, shown)) // each response has a different request id
	status = strings.Fields(b.text(answer + " .response-col_status"))[0]
	b.do(chromedp.TextContent(answer+" .highlight-code code", &body, chromedp.ByQuery))
	b.do(chromedp.TextContent(block+" .request-snippets .curl code", &curl, chromedp.ByQuery))
	return status, body, curl
}

// close closes the operation, so that only the next one is open.
func (b *browser) close(block string) {
	b.t.Helper()
	b.do(
		chromedp.Focus(block+" .opblock-summary-control", chromedp.ByQuery),
		chromedp.KeyEvent(kb.Enter),
		chromedp.WaitNotPresent(block+" .btn.execute", chromedp.ByQuery),
	)
}

// run runs a cURL call in a shell, and returns the status of the response.
func run(t *testing.T, curl string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", "-c", curl+" -sS -o /dev/null -w '%{http_code}'")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", curl, err, output)
	}
	return string(output)
}
