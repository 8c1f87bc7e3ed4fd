package rest_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/spectest"
	"github.com/vogent-community/phonenumbers/internal/spectest/requests"
)

// noEffect has the members and parameters that have no visible effect, each with the reason.
var noEffect = map[string]string{
	"createPhoneNumber: body /sipImport/password": "it is kept sealed; TestASealedPasswordOpensInItsOwnRowOnly of the store opens it",
	"createPhoneNumber: body /vogentSip/password": "likewise",
}

// A member or parameter that is documented and accepted, but that no code reads, is worse than one
// that is missing. So the test sends two requests that differ only there to two identical servers.
// Something must differ: the response, the response to a second request, the list of numbers, or
// what the database stores.
func TestEveryMemberAndParameterChangesSomething(t *testing.T) {
	t.Parallel()
	twins := newTwins(t)
	found := twins.withoutEffect(t, spectest.Load(t), func(h http.Handler) http.Handler { return h })
	for place, why := range found {
		if noEffect[place] == "" {
			t.Errorf("%s %s", place, why)
		}
	}
	for place := range noEffect {
		if found[place] == "" {
			t.Errorf("noEffect has %q, which has an effect, or which openapi.yaml does not document", place)
		}
	}
}

// The control: withoutEffect must find a member and a parameter that a server accepts and drops.
func TestAMemberAndAParameterThatNobodyReadsAreFound(t *testing.T) {
	t.Parallel()
	spec, label := spectest.Load(t), openapi3.NewStringSchema().WithMaxLength(64)
	spec.Document.Components.Schemas["UpdatePhoneNumberInput"].Value.WithProperty("label", label)
	list := spec.Operation(t, "listPhoneNumbers")
	list.Parameters = append(list.Parameters, openapi3.NewQueryParameter("label").WithSchema(label))
	found := newTwins(t).withoutEffect(t, spec, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			query := r.URL.Query()
			query.Del("label")
			r.URL.RawQuery = query.Encode()
			if r.Method == http.MethodPut {
				r.Body = io.NopCloser(strings.NewReader(`{}`))
			}
			h.ServeHTTP(w, r)
		})
	})
	for _, place := range []string{"updatePhoneNumber: body /label", "listPhoneNumbers: query label"} {
		if found[place] == "" {
			t.Errorf("%s was dropped, and not found: %v", place, found)
		}
	}
}

// If a member has a default, a request without the member has the same effect as one with the default.
func TestEveryDefaultIsTheDocumentedOne(t *testing.T) {
	t.Parallel()
	twins, spec, defaults := newTwins(t), spectest.Load(t), 0
	for _, place := range twins.places(t, spec) {
		if place.Default == nil {
			continue
		}
		defaults++
		without, with := twins.observe(t, nil, place.Base), twins.observe(t, nil, place.Default)
		if without != with {
			t.Errorf("%s: %s: without it the server does not do what it does with the documented default:\n%s\n%s\n%s",
				place.Operation.OperationID, place.Name, place.Default, firstLine(without), firstLine(with))
		}
	}
	if defaults < 3 {
		t.Errorf("found %d defaults in openapi.yaml, want 3 or more", defaults)
	}
}

// The server accepts each documented security scheme and each documented content type of a body.
func TestEveryDocumentedWayToSendARequestIsTaken(t *testing.T) {
	t.Parallel()
	twins, spec := newTwins(t), spectest.Load(t)
	g := requests.NewGenerator(spec, rest.BaseURL, requests.Keys{Valid: twins.key}, 1)
	g.Known = twins.known
	for _, op := range spec.Operations {
		for _, requirement := range spec.Requirements(op) {
			r := g.Least(op)
			delete(r.Header, "Authorization")
			g.Authorize(r, requirement)
			if observed := twins.observe(t, nil, r); !strings.HasPrefix(observed, "200 ") {
				t.Errorf("%s: security requirement %v is documented and refused: %s", op.OperationID, requirement, firstLine(observed))
			}
		}
		if op.RequestBody == nil {
			continue
		}
		for mediaType := range op.RequestBody.Value.Content {
			r := g.Least(op)
			r.Header.Set("Content-Type", mediaType)
			if observed := twins.observe(t, nil, r); !strings.HasPrefix(observed, "200 ") {
				t.Errorf("%s: content type %s is documented and refused: %s", op.OperationID, mediaType, firstLine(observed))
			}
		}
	}
}

// places returns all places of all operations.
func (w *twins) places(t *testing.T, spec *spectest.Spec) (places []requests.Place) {
	t.Helper()
	g := requests.NewGenerator(spec, rest.BaseURL, requests.Keys{Valid: w.key}, 1)
	g.Known = w.known
	for _, op := range spec.Operations {
		places = append(places, g.Places(op)...)
	}
	return places
}

// withoutEffect finds the places where no value changes anything, and says why.
func (w *twins) withoutEffect(t *testing.T, spec *spectest.Spec, around func(http.Handler) http.Handler) map[string]string {
	t.Helper()
	found, effective := map[string]string{}, map[string]bool{}
	for _, place := range w.places(t, spec) {
		name := place.Operation.OperationID + ": " + place.Name
		if effective[name] {
			continue
		}
		base := w.observe(t, around, place.Base)
		if again := w.observe(t, around, place.Base); again != base {
			t.Fatalf("%s: two servers that are the same differ; this shows nothing:\n%s\n%s", name, base, again)
		}
		if !strings.HasPrefix(base, "200 ") {
			t.Fatalf("%s: the request without it is refused; this shows nothing:\n%s\n%s", name, place.Base, firstLine(base))
		}
		effective[name] = slices.ContainsFunc(place.Others, func(other *spectest.Request) bool {
			observed := w.observe(t, around, other)
			return observed != base && !refusedAsInvalid(observed)
		})
		delete(found, name)
		if !effective[name] {
			found[name] = fmt.Sprintf("is accepted and changes nothing; carry it from internal/rest/operations.go to the database, or give the reason in noEffect\ntried\n%s\nagainst\n%s", place.Others[0], place.Base)
		}
	}
	return found
}

// refusedAsInvalid reports whether the server only checked the value, and refused it.
func refusedAsInvalid(observed string) bool {
	return strings.HasPrefix(observed, "400 ") || strings.Contains(firstLine(observed), `"validation_failed"`)
}

// firstLineOf returns the verdict of the oracle without the schema.
func firstLineOf(err error) string {
	if err == nil {
		return "accepts it"
	}
	return firstLine(err.Error())
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
