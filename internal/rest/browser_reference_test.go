//go:build browser

package rest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// TestTheReferenceLivesThroughTheLifeOfANumber uses the page like a newcomer: it executes every operation as it is filled in.
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
		status, contains, shell string // shell is the status if a shell repeats the call
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
	b.do(chromedp.Navigate(s.url+"/"), chromedp.Navigate(s.url+"/docs#/Numbers/listPhoneNumbers")) // the last URL opens the operation
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

// The page shows what a server says as text, whatever it looks like.
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
