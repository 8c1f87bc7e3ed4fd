package rest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// This is the published call. Only the host, the key and the id differ.
func TestThePublishedUpdateCall(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		n := create(t, s.client(t, "w"), api.Purchase(first))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url+"/api/phone_numbers/"+n.ID, strings.NewReader(`{"agentId": "agent_1"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.key(t, "w"))
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err := answer.Body.Close(); err != nil {
			t.Error(err)
		}
		dbtest.Must(t, err)
		if answer.StatusCode != http.StatusOK {
			t.Errorf("the status is %d; want 200", answer.StatusCode)
		}
		want := fmt.Sprintf(`{"id":%q,"number":%q,"type":"PSTN","agentId":"agent_1"`, n.ID, first) // members of our own may follow
		if !strings.HasPrefix(string(body), want) {
			t.Errorf("the body is %s; want %s", body, want)
		}
	})
}

// The published create call has all three objects, with "<string>" in each member. A user fills in only the object that matches
// the type.
func TestThePublishedCreateCall(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		apiKey := s.key(t, "w")
		const (
			purchase  = `"purchase":{"number":"<string>"}`
			sipImport = `"sipImport":{"phoneNumber":"<string>","terminationUri":"<string>","username":"<string>","password":"<string>"}`
			vogentSIP = `"vogentSip":{"sipPrefix":"<string>","username":"<string>","password":"<string>"}`
		)
		for createType, test := range map[string]struct{ object, filled, number string }{
			"purchase": {purchase, `"purchase":{"number":"` + first + `"}`, first},
			"sip_import": {
				sipImport, `"sipImport":{"phoneNumber":"` + third + `","terminationUri":"sip.example.com","username":"u","password":"p"}`, third,
			},
			"vogent_sip": {vogentSIP, `"vogentSip":{"sipPrefix":"support","username":"caller","password":"12345"}`, "support"},
		} {
			published := `{"type":"` + createType + `",` + purchase + `,` + sipImport + `,` + vogentSIP + `}`
			wantAnswer(t, mustPost(t, s.createURL(), apiKey, published), http.StatusUnprocessableEntity, api.CodeValidationFailed, "")

			body := strings.Replace(published, test.object, test.filled, 1)
			made := mustPost(t, s.createURL(), apiKey, body, createType)
			wantAnswer(t, made, http.StatusOK, "", "false")
			if !strings.Contains(made.body, `"number":"`+test.number+`"`) {
				t.Errorf("%s: got %v; want the number %s", createType, made, test.number)
			}
			wantAnswer(t, mustPost(t, s.createURL(), apiKey, body, createType), http.StatusOK, "", "true")
			another := strings.ReplaceAll(body, "<string>", "<other>")
			wantAnswer(t, mustPost(t, s.createURL(), apiKey, another, createType), http.StatusUnprocessableEntity, api.CodeIdempotencyKeyReused, "false")
		}
	})
}

// The values in an object that does not match the type are ignored, but the object must have the documented shape.
func TestTheOtherObjectsOfCreateHaveTheDocumentedShape(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServer(t, newDB(t), first)
		apiKey := s.key(t, "w")
		for name, test := range map[string]struct{ object, pointer string }{
			"an unknown member":        {`"sipImport":{"name":"x"}`, "/sipImport/name"},
			"a value of another type":  {`"vogentSip":{"sipPrefix":5}`, "/vogentSip/sipPrefix"},
			"null in the object":       {`"vogentSip":{"sipPrefix":null}`, "/vogentSip/sipPrefix"},
			"no object":                {`"sipImport":"<string>"`, "/sipImport"},
			"a member in another case": {`"sipImport":{"Username":"x"}`, "/sipImport/Username"},
		} {
			a := mustPost(t, s.createURL(), apiKey, strings.TrimSuffix(purchaseBody(first), "}")+","+test.object+"}")
			wantAnswer(t, a, http.StatusBadRequest, api.CodeInvalidRequest, "")
			if !strings.Contains(a.body, `"pointer":"`+test.pointer+`"`) {
				t.Errorf("%s: got %v; want the pointer %s", name, a, test.pointer)
			}
		}
		for _, object := range []string{`"sipImport":{}`, `"sipImport":null`, `"vogentSip":{"sipPrefix":""}`} {
			body := strings.TrimSuffix(purchaseBody(second), "}") + "," + object + "}" // not for sale, so nothing is created
			wantAnswer(t, mustPost(t, s.createURL(), apiKey, body), http.StatusUnprocessableEntity, api.CodeNumberUnavailable, "")
		}
	})
}
