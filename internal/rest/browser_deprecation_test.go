//go:build browser

package rest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// shownAsDeprecated lists what an open operation shows as deprecated, and how: whether Swagger UI
// marks it, and the paragraph that explains it.
const shownAsDeprecated = `((block) => {
  const shown = [];
  const look = (name, marked, element) => {
    const paragraphs = [...(element?.querySelectorAll("p") ?? [])].map((p) => p.innerText);
    const says = paragraphs.find((text) => text.startsWith("Deprecated"));
    if (marked || says) {
      shown.push(name + (marked ? " is marked" : " is not marked") + (says ? "; " + says : ""));
    }
  };
  const marked = block.classList.contains("opblock-deprecated");
  look("operation", marked, block.querySelector(".opblock-description"));
  for (const row of block.querySelectorAll("[data-param-name]")) {
    const { paramIn, paramName } = row.dataset;
    look(paramIn + " " + paramName, row.querySelector(".parameter__deprecated").innerText !== "", row);
  }
  const body = block.querySelector(".opblock-section-request-body");
  look("body", false, body?.querySelector(".opblock-description-wrapper"));
  for (const row of body?.querySelectorAll("tr.property-row") ?? []) {
    const name = row.cells[0].innerText.replace("*", "");
    look("body /" + name, row.classList.contains("deprecated"));
  }
  for (const row of block.querySelectorAll(".response[data-code]")) {
    const description = row.querySelector(".response-col_description__inner");
    look("response " + row.dataset.code, false, description);
  }
  return shown;
})(document.querySelector(%q))`

// unreadableDeprecated lists the texts that are marked as deprecated and hard to read.
const unreadableDeprecated = `[".deprecated", ".parameter__deprecated"].flatMap((marked) =>
  [...document.querySelectorAll(%q + " " + marked)].flatMap(` + contrastBelow + `))`

// The reference shows as deprecated exactly what is deprecated, with the reason.
func TestTheReferenceShowsWhatIsDeprecated(t *testing.T) {
	s := newServer(t, dbtest.SQLite(t))
	_, asItIs := s.fetch(t, http.MethodGet, "/openapi.json", http.Header{})
	changed := withMoreDeprecated(t, asItIs)
	more := []string{
		"searchPhoneNumbers: operation is marked; Deprecated: it moves.",
		"searchPhoneNumbers: body is not marked; Deprecated: country (the prefix tells).",
		"searchPhoneNumbers: body /country is marked",
		"searchPhoneNumbers: response 200 is not marked; Deprecated: number.",
		"listPhoneNumbers: query type is marked; Deprecated: filter yourself.",
		"listPhoneNumbers: query agentId is marked; Deprecated.",
		"createPhoneNumber: body is not marked; Deprecated: purchase, sipImport.terminationUri (use a trunk).",
		"createPhoneNumber: body /purchase is marked",
	}
	for name, c := range map[string]struct {
		document, scheme string
		atLeast          []string
	}{
		"openapi.yaml as it is":        {asItIs, "dark", nil},
		"more is deprecated":           {changed, "light", more},
		"more is deprecated, at night": {changed, "dark", more},
	} {
		t.Run(name, func(t *testing.T) {
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/openapi.json" {
					s.handler.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(c.document)) // without it, the page shows no operation
			}))
			defer front.Close()
			b := newBrowser(t, strings.TrimPrefix(front.URL, "http://"))
			scheme := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: c.scheme}}
			b.do(
				emulation.SetEmulatedMedia().WithFeatures(scheme),
				chromedp.EmulateViewport(1280, 900),
				chromedp.Navigate(front.URL+"/docs"),
			)
			var got, want []string
			for _, op := range spectest.Parse(t, []byte(c.document)).Operations {
				want = append(want, deprecatedIn(op)...)
				got = append(got, b.lookAtDeprecated(op, "deprecated-"+op.OperationID+"-"+c.scheme+".png")...)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("the page shows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			for _, line := range c.atLeast {
				if !slices.Contains(got, line) {
					t.Errorf("the page does not show\n%s", line)
				}
			}
			b.check()
		})
	}
}

// lookAtDeprecated opens the operation, and returns what it shows as deprecated, in the format of
// shownAsDeprecated.
func (b *browser) lookAtDeprecated(op *spectest.Operation, picture string) (shown []string) {
	b.t.Helper()
	block := b.open(op.Tags[0], op.OperationID)
	b.waitUntilResolved(block)
	if body := block + " .opblock-section-request-body"; op.Body != nil {
		b.do(
			chromedp.Click(body+" .tab li:nth-child(2) button", chromedp.ByQuery), // the schema
			chromedp.WaitVisible(body+" .property-row", chromedp.ByQuery),
		)
	}
	var unreadable []string
	var pixels []byte
	b.do(
		chromedp.Evaluate(fmt.Sprintf(shownAsDeprecated, block), &shown),
		chromedp.Evaluate(fmt.Sprintf(unreadableDeprecated, block), &unreadable),
		chromedp.Screenshot(block, &pixels, chromedp.ByQuery),
	)
	for _, text := range unreadable {
		b.t.Errorf("%s: hard to read: %s", op.OperationID, text)
	}
	save(b.t, picture, pixels)
	b.close(block)
	for i := range shown {
		shown[i] = op.OperationID + ": " + shown[i]
	}
	return shown
}

// withMoreDeprecated deprecates one thing of each kind, some with a reason and some without.
func withMoreDeprecated(t *testing.T, document string) string {
	t.Helper()
	spec := spectest.Parse(t, []byte(document))
	because := func(reason string) map[string]any { return map[string]any{"x-deprecated-reason": reason} }

	search := spec.Operation(t, "searchPhoneNumbers")
	search.Deprecated, search.Extensions = true, because("it moves")
	country := search.Body.Properties["country"].Value
	country.Deprecated, country.Extensions = true, because("the prefix tells")
	candidate := spec.Document.Components.Schemas["PhoneNumberCandidate"].Value
	candidate.Properties["number"].Value.Deprecated = true

	list := spec.Operation(t, "listPhoneNumbers")
	kind := list.Parameter("query", "type")
	kind.Deprecated, kind.Extensions = true, because("filter <i>yourself</i>")
	list.Parameter("query", "agentId").Deprecated = true

	create := spec.Operation(t, "createPhoneNumber").Body
	create.Properties["purchase"].Value.Deprecated = true
	uri := create.Properties["sipImport"].Value.Properties["terminationUri"].Value
	uri.Deprecated, uri.Extensions = true, because("use a trunk.")

	changed, err := json.Marshal(spec.Document)
	if err != nil {
		t.Fatal(err)
	}
	return string(changed)
}

// deprecatedIn lists what is deprecated in an operation, in the format of shownAsDeprecated.
func deprecatedIn(op *spectest.Operation) (shown []string) {
	marked := func(place string, extensions map[string]any) {
		says := "Deprecated."
		if reason := reasonOf(extensions); reason != "" {
			says = "Deprecated: " + reason + "."
		}
		shown = append(shown, place+" is marked; "+says)
	}
	if op.Deprecated {
		marked("operation", op.Extensions)
	}
	for _, p := range op.Parameters {
		if p.Deprecated {
			marked(p.In+" "+p.Name, p.Extensions)
		}
	}
	explained := func(place string, content openapi3.Content) {
		var members []string
		for _, media := range content {
			members = append(members, deprecatedMembers("", media.Schema.Value)...)
		}
		slices.Sort(members)
		if len(members) > 0 {
			says := strings.Join(slices.Compact(members), ", ")
			shown = append(shown, place+" is not marked; Deprecated: "+says+".")
		}
	}
	if op.RequestBody != nil {
		explained("body", op.RequestBody.Value.Content)
	}
	if op.Body != nil {
		for name, property := range op.Body.Properties {
			if property.Value.Deprecated {
				shown = append(shown, "body /"+name+" is marked")
			}
		}
	}
	for status, response := range op.Responses.Map() {
		explained("response "+status, response.Value.Content)
	}
	for i := range shown {
		shown[i] = op.OperationID + ": " + shown[i]
	}
	return shown
}

// deprecatedMembers lists the deprecated members of a value, such as "purchase.number (the reason)".
func deprecatedMembers(at string, schema *openapi3.Schema) (members []string) {
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		property := schema.Properties[name].Value
		path := strings.TrimPrefix(at+"."+name, ".")
		if property.Deprecated {
			text := path
			if reason := reasonOf(property.Extensions); reason != "" {
				text += " (" + reason + ")"
			}
			members = append(members, text)
		}
		members = append(members, deprecatedMembers(path, property)...)
	}
	if schema.Items != nil {
		members = append(members, deprecatedMembers(at, schema.Items.Value)...)
	}
	return members
}

// reasonOf returns the reason as the page shows it: Markdown, without elements and without a final period.
func reasonOf(extensions map[string]any) string {
	reason, _ := extensions["x-deprecated-reason"].(string)
	return strings.TrimSuffix(strings.NewReplacer("<i>", "", "</i>", "").Replace(reason), ".")
}
