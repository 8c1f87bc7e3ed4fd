//go:build browser

package rest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/vogent-community/phonenumbers/internal/sandbox"
)

// TestThePagesOfASandbox reads and uses the page about its control, and comes there from the start page and the reference.
func TestThePagesOfASandbox(t *testing.T) {
	root := startSandbox(t, sandbox.Options{})
	b := newBrowser(t, strings.TrimPrefix(root, "http://"))
	for _, from := range []string{"/", "/docs"} {
		b.do(
			chromedp.Navigate(root+from), chromedp.Click(`a[href="docs/control"]`, chromedp.ByQuery),
			chromedp.WaitVisible("#operations-State-reset", chromedp.ByQuery),
		)
	}
	for _, width := range []int64{1280, 390} {
		var wide, unreadable []string
		var picture []byte
		b.do(chromedp.EmulateViewport(width, 900))
		b.settle()
		b.do(
			chromedp.Evaluate(tooWide, &wide), chromedp.Evaluate(contrast, &unreadable),
			chromedp.FullScreenshot(&picture, 100),
		)
		for _, element := range wide {
			t.Errorf("%d wide: it has to be scrolled sideways: %s", width, element)
		}
		for _, text := range unreadable {
			t.Errorf("%d wide: hard to read: %s", width, text)
		}
		save(t, fmt.Sprintf("control-%d.png", width), picture)
	}
	var hidden bool
	b.do(chromedp.Evaluate(`!document.getElementById("key").checkVisibility()`, &hidden))
	if !hidden {
		t.Error("the page asks for an API key; want no field for one")
	}
	faults := b.open("Faults", "replaceFaults")
	b.waitUntilResolved(faults)
	b.do(chromedp.Focus(faults+" .btn.execute", chromedp.ByQuery), chromedp.Click(faults+" .btn.execute", chromedp.ByQuery))
	b.waitFor(fmt.Sprintf(`document.querySelector(%q)?.textContent.includes("204")`, faults+" .live-responses-table .response .response-col_status"))
	b.close(faults)
	listed := b.open("Faults", "listFaults")
	if status, body, _ := b.execute(listed); status != "200" || !strings.Contains(body, `"name": "busy"`) {
		t.Errorf("the faults are %s %s; want the example", status, body)
	}
	b.check()
}
