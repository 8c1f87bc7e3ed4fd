package rest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

// The marks. passwordMark is in every password, and must not be found anywhere. visibleMark is in user names, which are not
// secret, and shows that the search looks in the right places.
const (
	passwordMark = "canary-password-5b1e"
	visibleMark  = "visible-9d27"
	wrongMark    = "canarykey7c44" // in a key that is not valid
)

// failingStore fails in each way that a store can fail when it has been given a password.
type failingStore struct {
	phone.Store
}

func (s failingStore) InsertNumber(ctx context.Context, workspaceID string, n phone.Number, sip *phone.SIPCredentials, claim phone.Claim) error {
	switch n.Number {
	case "panics":
		panic("the store broke")
	case "breaks":
		_ = strings.Repeat(sip.Password, -1) // the runtime panics
	case "fails":
		return errors.New("disk on fire")
	case "full":
		return fmt.Errorf("%w: disk full", phone.ErrStorageUnavailable)
	}
	return s.Store.InsertNumber(ctx, workspaceID, n, sip, claim)
}

func TestNoSecretIsFoundAnywhere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := newServerOn(t, newDB(t), func(services *rest.Services) {
			services.Phone.Store = failingStore{services.Phone.Store}
		})
		apiKey := s.key(t, "w")
		wrongKey := "pnk_" + wrongMark + strings.Repeat("x", 23)
		var answers bytes.Buffer
		call := func(method, path, authorization, contentType, body, idempotencyKey string) int {
			r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
			r.Header.Set("Authorization", authorization)
			r.Header.Set("Content-Type", contentType)
			if idempotencyKey != "" {
				r.Header.Set("Idempotency-Key", idempotencyKey)
			}
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			fmt.Fprintln(&answers, w.Code, w.Header(), w.Body)
			return w.Code
		}

		statuses := sendSecrets(call, apiKey, wrongKey, true)
		for _, status := range []int{200, 400, 401, 404, 413, 422, 429, 500, 503} {
			if statuses[status] == 0 {
				t.Errorf("no answer with status %d among %v", status, statuses)
			}
		}

		places := stored(t, s.database)
		kept := slices.Collect(maps.Keys(places))
		places["the answers"], places["the log"] = answers.Bytes(), []byte(s.log.String())
		for place, content := range places {
			for name, secret := range map[string]string{"the password": passwordMark, "the API key": apiKey, "the wrong key": wrongMark} {
				if i := bytes.Index(content, []byte(secret)); i >= 0 {
					t.Errorf("%s has %s: %q", place, name, content[max(0, i-200):min(len(content), i+100)])
				}
			}
		}
		for _, place := range kept {
			if !bytes.Contains(places[place], []byte(visibleMark)) {
				t.Errorf("%s does not have what must be in it: the search looks in the wrong place", place)
			}
		}
		if !strings.Contains(s.log.String(), "disk on fire") {
			t.Error("the log does not have the failures")
		}
	})
}

// sendSecrets sends secrets in each place of a request, and counts the statuses. With unnamed, it also sends a password in places
// that are not for one.
func sendSecrets(
	call func(method, path, authorization, contentType, body, idempotencyKey string) int, apiKey, wrongKey string, unnamed bool,
) map[int]int {
	statuses := map[int]int{}
	create := func(body string) {
		for _, k := range []string{"", "k", "k", `"k`} { // also a replay or a reused key, and a malformed key
			statuses[call("POST", "/api/phone_numbers", "Bearer "+apiKey, "application/json", body, k)]++
		}
	}
	vogent := func(prefix, username, password string) string {
		return fmt.Sprintf(`{"type":"vogent_sip","vogentSip":{"sipPrefix":%q,"username":%q,"password":%s}}`, prefix, username, password)
	}
	quoted := `"` + passwordMark + `"`
	create(vogent("kept", visibleMark, quoted))
	create(vogent("KEPT", visibleMark, quoted))
	create(`{"type":"sip_import","sipImport":{"phoneNumber":"+18001234567","terminationUri":"sip.example.com","username":"u","password":` + quoted + `}}`)
	for _, prefix := range []string{"panics", "breaks", "fails", "full"} {
		create(vogent(prefix, visibleMark, quoted))
	}
	create(vogent("1234567", "x y", `"`+passwordMark+`\u00e4"`))                  // every rule broken
	create(vogent("long", visibleMark, `"`+strings.Repeat(passwordMark, 10)+`"`)) // too long
	create(vogent("a", visibleMark, `[`+quoted+`]`))                              // of the wrong type
	create(vogent("a", visibleMark, `{`+quoted+`:1}`))                            // and as a name
	create(vogent("a", visibleMark, quoted+`,"password":`+quoted))                // twice
	create(vogent("a", visibleMark, quoted) + quoted)                             // with more data after it
	create(vogent("a", visibleMark, quoted)[:90])                                 // truncated
	create(vogent("a", visibleMark, `"`+passwordMark+"\xff\""))                   // not UTF-8
	if unnamed {
		create(`{"type":"vogent_sip","purchase":{"number":` + quoted + `},"extra":` + quoted + `}`) // in the wrong place
		create(`{"type":"` + passwordMark + `","vogentSip":null}`)
		create(quoted)
	}
	create(vogent("a", visibleMark, `"`+strings.Repeat(passwordMark, 4000)+`"`)) // too large

	body := vogent("other", visibleMark, quoted)
	call("POST", "/api/phone_numbers", "Bearer "+apiKey, "text/plain", body, "")
	call("PATCH", "/api/phone_numbers", "Bearer "+apiKey, "application/json", body, "")
	call("POST", "/api/nothing", "Bearer "+apiKey, "application/json", body, "")
	call("POST", "/api/phone_numbers/purchase", "Bearer "+apiKey, "application/json", body, "")
	call("POST", "/api/phone_numbers/search", "Bearer "+apiKey, "application/json", body, "")
	call("PUT", "/api/phone_numbers/x", "Bearer "+apiKey, "application/json", body, "")
	for _, authorization := range []string{"Bearer " + wrongKey, "Basic " + wrongKey, wrongKey, "Bearer " + apiKey + "x", "bearer  " + apiKey + " " + wrongKey} {
		statuses[call("GET", "/api/phone_numbers", authorization, "", "", "")]++
		statuses[call("POST", "/api/phone_numbers", authorization, "application/json", body, "k")]++
	}
	for range 70 { // until the server refuses more guesses
		statuses[call("GET", "/api/phone_numbers", "Bearer "+wrongKey, "", "", "")]++
	}
	for _, query := range []string{"?cursor=", "?number=", "?agentId=", "?type=", "?api_key=", "?limit=", "?%zz="} {
		statuses[call("GET", "/api/phone_numbers"+query+apiKey, "Bearer "+apiKey, "", "", "")]++
		if unnamed {
			statuses[call("GET", "/api/phone_numbers"+query+passwordMark, "Bearer "+apiKey, "", "", "")]++
		}
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		statuses[call(method, "/api/phone_numbers/"+apiKey, "Bearer "+apiKey, "application/json", `{"agentId":"`+apiKey+`"}`, "")]++
	}
	return statuses
}

// stored returns everything that a database stores, from its files or from a dump.
func stored(t *testing.T, database string) map[string][]byte {
	t.Helper()
	if sqldb.IsPostgres(database) {
		dump, err := dbtest.Binary("pg_dump")
		if err != nil {
			t.Fatal(err)
		}
		text, err := exec.CommandContext(t.Context(), dump, database).Output()
		if err != nil {
			t.Fatal(err)
		}
		return map[string][]byte{"the dump": text}
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	_, err := dbtest.Connect(t, database).ExecContext(t.Context(), `VACUUM INTO ?; PRAGMA wal_checkpoint(PASSIVE)`, backup)
	dbtest.Must(t, err)
	files := map[string][]byte{}
	for _, path := range []string{database, database + "-wal", backup} {
		if files[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
