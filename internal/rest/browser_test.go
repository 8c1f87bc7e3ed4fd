//go:build browser

package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// browser is a tab of a Chromium of its own, and what goes wrong in it.
type browser struct {
	ctx context.Context //nolint:containedctx // chromedp's tab is its context
	t   *testing.T

	mu       sync.Mutex
	troubles []string
}

// newBrowser opens a tab that may ask the one host only.
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
			// A refused call is in the log of the network; the page shows it.
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

// text is that of the first element, once it is there.
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

// check fails the test where anything has gone wrong in the tab.
func (b *browser) check() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, trouble := range b.troubles {
		b.t.Error(trouble)
	}
}

// useKey types a key in the place of the one that is there.
func (b *browser) useKey(key string) {
	b.t.Helper()
	b.fill("#key", key)
}

// fill types a text in the place of the one in the field.
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

// waitUntilResolved waits for the operation to be complete: Swagger UI resolves it when it is opened,
// in more time than a test needs to press a key.
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
	b.waitFor(fmt.Sprintf(`![%q, ""].includes(%s)`, before, shown)) // each answer has another request id
	status = strings.Fields(b.text(answer + " .response-col_status"))[0]
	b.do(chromedp.TextContent(answer+" .highlight-code code", &body, chromedp.ByQuery))
	b.do(chromedp.TextContent(block+" .request-snippets .curl code", &curl, chromedp.ByQuery))
	return status, body, curl
}

// close closes the operation, so that the next one is alone.
func (b *browser) close(block string) {
	b.t.Helper()
	b.do(
		chromedp.Focus(block+" .opblock-summary-control", chromedp.ByQuery),
		chromedp.KeyEvent(kb.Enter),
		chromedp.WaitNotPresent(block+" .btn.execute", chromedp.ByQuery),
	)
}

// run runs a cURL call in a shell, and returns the status of the answer.
func run(t *testing.T, curl string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", "-c", curl+" -sS -o /dev/null -w '%{http_code}'")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", curl, err, output)
	}
	return string(output)
}

// TestTheReferenceLivesThroughTheLifeOfANumber does with the page what a newcomer does: all operations as they are filled in.
func TestTheReferenceLivesThroughTheLifeOfANumber(t *testing.T) {
	s := newServer(t, dbtest.SQLite(t), "+14155550100", "+14155550101")
	b := newBrowser(t, strings.TrimPrefix(s.url, "http://"))
	b.do(chromedp.Navigate(s.url + "/docs"))

	search := b.open("Inventory", "searchPhoneNumbers")
	b.useKey("pnk_wrong")
	if status, _, _ := b.execute(search); status != "401" || !strings.Contains(b.text("#key-says"), "does not accept this API key") {
		t.Errorf("with a wrong key: %s, %q", status, b.text("#key-says"))
	}
	b.useKey(s.key(t, "w"))
	if says := b.text("#key-says"); strings.Contains(says, "accept") {
		t.Errorf("with another key: %q", says)
	}
	b.close(search)

	const link, unlink = "link", "unlink"
	for _, step := range []struct {
		tag, operation, example string
		status, contains, shell string // shell is the status when the call is made again, in a shell
	}{
		{"Inventory", "searchPhoneNumbers", "", "200", `"+14155550100"`, "200"},
		{"Numbers", "createPhoneNumber", "", "200", `"+14155550100"`, "422"},
		{"Numbers", "listPhoneNumbers", "", "200", `"cursor": null`, "200"},
		{"Numbers", "getPhoneNumber", "", "200", `"agentId": null`, "200"},
		{"Numbers", "updatePhoneNumber", link, "200", `"agentId": "agent_1"`, "200"},
		{"Numbers", "updatePhoneNumber", unlink, "200", `"agentId": null`, "200"},
		{"Numbers", "deletePhoneNumber", "", "200", `"+14155550100"`, "404"},
		{"Inventory", "purchasePhoneNumber", "", "200", `"+14155550100"`, "422"},
		{"Numbers", "deletePhoneNumber", "", "200", `"+14155550100"`, "404"},
	} {
		block := b.open(step.tag, step.operation)
		if step.example != "" {
			b.do(chromedp.SetValue(block+" .examples-select select", step.example, chromedp.ByQuery))
			b.do(chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).dispatchEvent(new Event("change", {bubbles: true}))`, block+" .examples-select select"), nil))
		}
		status, body, curl := b.execute(block)
		if status != step.status || !strings.Contains(body, step.contains) {
			t.Errorf("%s %s: %s %s; want %s with %s\n%s", step.operation, step.example, status, body, step.status, step.contains, curl)
		}
		if step.operation == "listPhoneNumbers" && !strings.Contains(curl, "/phone_numbers?limit=100' ") {
			t.Errorf("the list starts with filters: %s", curl)
		}
		if got := run(t, curl); got != step.shell {
			t.Errorf("%s: in a shell, %s is %s; want %s", step.operation, curl, got, step.shell)
		}
		b.close(block)
	}
	b.check()
}

func TestTheReferenceKeepsTheKeyForTheTabOnly(t *testing.T) {
	s := newServer(t, dbtest.SQLite(t), "+14155550100")
	b := newBrowser(t, strings.TrimPrefix(s.url, "http://"))
	b.do(chromedp.Navigate(s.url + "/docs"))
	b.open("Numbers", "listPhoneNumbers")
	b.useKey(s.key(t, "w"))
	b.do(chromedp.Navigate(s.url+"/"), chromedp.Navigate(s.url+"/docs#/Numbers/listPhoneNumbers")) // which opens the operation
	block := "#operations-Numbers-listPhoneNumbers"
	b.do(chromedp.WaitVisible(block+" .btn.execute", chromedp.ByQuery))
	if status, _, _ := b.execute(block); status != "200" {
		t.Errorf("after a reload: %s", status)
	}
	var elsewhere int
	b.do(chromedp.Evaluate(`localStorage.length + document.cookie.length`, &elsewhere))
	if elsewhere != 0 {
		t.Error("something is kept beyond the tab")
	}
	b.check()
}

// What a server says is text, whatever it looks like.
func TestTheReferenceShowsHostileTextAsText(t *testing.T) {
	const hostile = `<img src="/x" onerror="document.title='owned'"><script>document.title='owned'</script>`
	s := newServer(t, dbtest.SQLite(t), "+14155550100")
	key := s.key(t, "w")
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("number") == "hostile" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprintf(w, `{"type":"about:blank","title":%[1]q,"status":422,"detail":%[1]q,"code":%[1]q}`, hostile)
			return
		}
		s.handler.ServeHTTP(w, r)
	}))
	defer front.Close()
	b := newBrowser(t, strings.TrimPrefix(front.URL, "http://"))
	b.do(chromedp.Navigate(front.URL + "/docs"))
	create := b.open("Numbers", "createPhoneNumber")
	b.useKey(key)
	if status, _, _ := b.execute(create); status != "200" {
		t.Fatal(status)
	}
	b.close(create)
	_, err := dbtest.Connect(t, s.database).ExecContext(t.Context(), "UPDATE phone_numbers SET agent_id = $1", hostile)
	dbtest.Must(t, err)
	block := b.open("Numbers", "listPhoneNumbers")
	for number, want := range map[string]string{"": "200", "hostile": "422"} {
		b.fill(block+` tr[data-param-name=number] input`, number)
		status, body, _ := b.execute(block)
		var title string
		var images int
		b.do(chromedp.Title(&title), chromedp.Evaluate(`document.querySelectorAll("#reference img, #reference script").length`, &images))
		if status != want {
			t.Errorf("%q: the status is %s; want %s", number, status, want)
		}
		if !strings.Contains(body, "onerror") {
			t.Errorf("%q: the body is %s; want onerror in it", number, body)
		}
		if title == "owned" {
			t.Errorf("%q: the title is %q; want the page's own", number, title)
		}
		if images != 0 {
			t.Errorf("%q: the reference has %d images and scripts; want none", number, images)
		}
	}
	b.check()
}

// contrast lists the texts in sight whose colour is too near to the one behind it (WCAG 2.1, success criterion 1.4.3).
const contrast = contrastBelow + `(document.body)`

// contrastBelow is contrast for the texts in an element.
const contrastBelow = `((root) => {
  const parse = (c) => { const p = c.match(/[\d.]+/g).map(Number); return p.length === 4 ? p : [...p, 1] };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 }); return .2126 * r + .7152 * g + .0722 * b };
  const behind = (e) => { const layers = []; for (; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor)); return layers.reduceRight((below, top) => over(top, below), [255, 255, 255, 1]) };
  const bad = [];
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let n; (n = walk.nextNode());) {
    const e = n.parentElement, style = getComputedStyle(e);
    if (!n.textContent.trim() || !e.checkVisibility() || ["SCRIPT", "NOSCRIPT", "OPTION"].includes(e.tagName)) continue;
    let opacity = 1; for (let p = e; p; p = p.parentElement) opacity *= getComputedStyle(p).opacity;
    const ground = behind(e), ink = parse(style.color); ink[3] *= opacity;
    const [a, b] = [light(over(ink, ground)), light(ground)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), need = size >= 24 || size >= 18.66 && style.fontWeight >= 700 ? 3 : 4.5;
    if ((a + .05) / (b + .05) < need) bad.push(n.textContent.trim().slice(0, 40) + " " + e.className + " " + style.color + " on " + ground + " " + ((a + .05) / (b + .05)).toFixed(2));
  }
  return [...new Set(bad)];
})`

// tooWide lists what reaches beyond the window, if the page can be scrolled sideways.
const tooWide = `document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")].filter(
  (e) => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 12).map((e) => e.tagName + "." + e.className + " " + e.getBoundingClientRect().right)`

// TestThePagesCanBeRead saves what the pages look like in $SCREENSHOTS.
func TestThePagesCanBeRead(t *testing.T) {
	s := newServer(t, dbtest.SQLite(t), "+14155550100")
	b := newBrowser(t, strings.TrimPrefix(s.url, "http://"))
	key := s.key(t, "w")
	b.do(chromedp.Navigate(s.url+"/docs"), chromedp.WaitVisible("#operations-Numbers-createPhoneNumber", chromedp.ByQuery))
	b.useKey(key)
	pages := map[string]func(){
		"start":     func() { b.do(chromedp.Navigate(s.url + "/")) },
		"not found": func() { b.do(chromedp.Navigate(s.url + "/nothing")) },
		"reference": func() {
			b.do(chromedp.Navigate(s.url+"/docs"), chromedp.WaitVisible("#operations-Numbers-createPhoneNumber", chromedp.ByQuery))
		},
		"operation": func() {
			b.do(chromedp.Navigate(s.url + "/docs"))
			b.execute(b.open("Numbers", "listPhoneNumbers"))
		},
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 390} {
			b.do(
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				chromedp.EmulateViewport(width, 900),
			)
			for name, show := range pages {
				show()
				var wide []string
				var unreadable []string
				var picture []byte
				b.do(
					chromedp.Evaluate(tooWide, &wide),
					chromedp.Evaluate(contrast, &unreadable),
					chromedp.FullScreenshot(&picture, 100),
				)
				for _, element := range wide {
					t.Errorf("%s, %d wide: it has to be scrolled sideways: %s", name, width, element)
				}
				for _, text := range unreadable {
					t.Errorf("%s, %s, %d wide: hard to read: %s", name, scheme, width, text)
				}
				save(t, fmt.Sprintf("%s-%d-%s.png", strings.ReplaceAll(name, " ", "-"), width, scheme), picture)
			}
		}
	}
	b.check()
}

func TestThePagesGiveCommandsToCopy(t *testing.T) {
	s := newServer(t, dbtest.SQLite(t))
	b := newBrowser(t, strings.TrimPrefix(s.url, "http://"))
	b.do(chromedp.Navigate(s.url+"/"), chromedp.Focus(".command button", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	b.waitFor(`document.getElementById("says").textContent !== ""`)
	var selected string
	b.do(chromedp.Evaluate(`getSelection().toString()`, &selected))
	if says := b.text("#says"); says != "Copied." && selected != "export VOGENT_BASE_URL="+s.url+"/api VOGENT_API_KEY=KEY" {
		t.Errorf("it says %q, and %q is selected", says, selected)
	}
	b.check()
}

func save(t *testing.T, name string, picture []byte) {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
