package rest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/vogent-community/phonenumbers"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

func TestTheServerHandsOutItsContract(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t))
		for path, contentType := range map[string]string{"/openapi.yaml": "application/yaml", "/openapi.json": "application/json"} {
			w := s.get(path, "")
			if w.Code != http.StatusOK {
				t.Fatalf("%s: got %d %s; want 200", path, w.Code, w.Body)
			}
			wantHeader(t, path, w.Header(), "Content-Type", contentType)
			var document struct {
				OpenAPI string
				Servers []struct{ URL string }
				Paths   map[string]any
			}
			unmarshal := yaml.Unmarshal
			if contentType == "application/json" {
				unmarshal = json.Unmarshal
			}
			if err := unmarshal(w.Body.Bytes(), &document); err != nil {
				t.Fatal(err)
			}
			if document.OpenAPI != "3.0.3" {
				t.Errorf("%s: openapi is %q; want 3.0.3", path, document.OpenAPI)
			}
			if len(document.Servers) != 3 || document.Servers[0].URL != "/api" {
				t.Errorf("%s: the servers are %+v; want 3, with /api first", path, document.Servers)
			}
			if len(document.Paths) < 4 {
				t.Errorf("%s: the document has %d paths; want 4 or more", path, len(document.Paths))
			}
		}
	})
}

// The reference shows the first example of an operation, which must be the first in openapi.yaml.
func TestTheJSONDocumentKeepsTheOrder(t *testing.T) {
	t.Parallel()
	s := newServer(t, dbtest.SQLite(t))
	_, document := s.fetch(t, http.MethodGet, "/openapi.json", http.Header{})
	text, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	order := func(text string, expression *regexp.Regexp) (found []string) {
		for _, match := range expression.FindAllStringSubmatch(text, -1) {
			found = append(found, match[1])
		}
		return found
	}
	inYAML := order(string(text), regexp.MustCompile(`operationId: (\w+)`))
	inJSON := order(document, regexp.MustCompile(`"operationId":"(\w+)"`))
	if len(inYAML) < 7 {
		t.Errorf("the operations in openapi.yaml are %v; want 7 or more", inYAML)
	}
	if !slices.Equal(inJSON, inYAML) {
		t.Errorf("the operations in openapi.json are %v; want %v", inJSON, inYAML)
	}
}

// Programs and the reference learn from openapi.json what is deprecated, and why.
func TestTheJSONDocumentKeepsEachDeprecation(t *testing.T) {
	t.Parallel()
	s := newServer(t, dbtest.SQLite(t))
	_, document := s.fetch(t, http.MethodGet, "/openapi.json", http.Header{})
	deprecations := func(text string) map[string]string {
		var tree any
		if err := yaml.Unmarshal([]byte(text), &tree); err != nil { // JSON is YAML
			t.Fatal(err)
		}
		found := map[string]string{}
		addDeprecations(found, "", tree)
		return found
	}
	got, want := deprecations(document), deprecations(string(phonenumbers.Spec))
	if len(want) == 0 {
		t.Error("found nothing in openapi.yaml that is deprecated, want purchasePhoneNumber at least")
	}
	for place, value := range want {
		if got[place] != value {
			t.Errorf("openapi.json has %q at %s, want %q", got[place], place, value)
		}
	}
	for place, value := range got {
		if _, wanted := want[place]; !wanted {
			t.Errorf("openapi.json has %q at %s, want nothing", value, place)
		}
	}
}

// addDeprecations adds each "deprecated" and "x-deprecated-reason" below a value, by its path.
func addDeprecations(found map[string]string, at string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if name == "deprecated" || name == "x-deprecated-reason" {
				found[at+" "+name] = fmt.Sprint(inner)
			}
			addDeprecations(found, at+"/"+name, inner)
		}
	case []any:
		for i, inner := range v {
			addDeprecations(found, fmt.Sprint(at, "/", i), inner)
		}
	}
}
