//go:build browser

package rest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// contrast lists the visible texts whose color is too close to the background color (WCAG 2.1, success criterion 1.4.3).
const contrast = contrastBelow + `(document.body)`

// contrastBelow is contrast for the texts in one element.
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

// tooWide lists the elements that extend beyond the window, if the page can be scrolled sideways.
const tooWide = `document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")].filter(
  (e) => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 12).map((e) => e.tagName + "." + e.className + " " + e.getBoundingClientRect().right)`

// TestThePagesCanBeRead saves pictures of the pages in $SCREENSHOTS.
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
				b.settle()
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
