package rest_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// twins makes identical servers: on copies of one database, with the same ids and the same time.
type twins struct {
	database, key string
	known         map[string][]string
}

const twinNumbers = 120 // more than the default page

func newTwins(t *testing.T) *twins {
	t.Helper()
	w := &twins{database: filepath.Join(t.TempDir(), "twin.db"), known: map[string][]string{}}
	var forSale []string
	for i := range 12 {
		forSale = append(forSale, fmt.Sprintf("+1202555%04d", i), fmt.Sprintf("+44207946%04d", i))
	}
	s := newServer(t, w.database, forSale...)
	w.key = s.key(t, "own")
	key, err := s.keys.Authenticate(t.Context(), w.key)
	if err != nil {
		t.Fatal(err)
	}
	for i := range twinNumbers {
		n := phone.Number{ID: twinID(i), Number: fmt.Sprintf("+1500555%04d", i), Type: phone.PSTN, AgentID: []string{"", "agent_1", "agent_2"}[i%3]}
		if i%4 == 0 {
			n.Number, n.Type = fmt.Sprintf("line-%d", i), phone.SIPUsername
		}
		if err := s.store.InsertNumber(t.Context(), key.Workspace.ID, n, nil, phone.Claim{}); err != nil {
			t.Fatal(err)
		}
	}
	w.known["id"] = []string{twinID(0), twinID(1), twinID(1 << 20)} // no number has the last id
	w.known["number"] = []string{forSale[0], forSale[2], forSale[1], "line-0"}
	w.known["terminationUri"] = terminationURIExamples[:2]
	w.known["prefix"] = []string{"20", "202555"}
	w.known["cursor"] = []string{cursorOf(t, s, w.key)}
	if err := s.store.Close(); err != nil { // now the file holds everything
		t.Fatal(err)
	}
	return w
}

// twinID returns the id of a number. The ids that a server creates come later.
func twinID(i int) string { return fmt.Sprintf("019daa80-7c00-7000-8000-%012x", i) }

// cursorOf returns the cursor of the first page.
func cursorOf(t *testing.T, s *testServer, key string) string {
	t.Helper()
	page, err := clientOf(t, s.url, key).ListPhoneNumbersWithResponse(t.Context(), nil)
	dbtest.Must(t, err)
	if page.JSON200 == nil || page.JSON200.Cursor == nil {
		t.Fatalf("the first page is %d %s; want a cursor", page.StatusCode(), page.Body)
	}
	return *page.JSON200.Cursor
}

// observe sends a request twice to a server of its own, and returns everything that can be seen of its effect.
func (w *twins) observe(t *testing.T, around func(http.Handler) http.Handler, r *spectest.Request) string {
	t.Helper()
	database := filepath.Join(t.TempDir(), "twin.db")
	content, err := os.ReadFile(w.database)
	if err == nil {
		err = os.WriteFile(database, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	made := twinNumbers
	s := newServerOn(t, database, func(services *rest.Services) {
		services.Now = func() time.Time { return time.Unix(1_800_000_000, 0) }
		services.Phone.Now = services.Now
		services.Phone.NewID = func() string { made++; return twinID(made) }
	})
	handler := s.handler
	if around != nil {
		handler = around(handler)
	}
	var seen strings.Builder
	list := &spectest.Request{Method: http.MethodGet, Path: numbersPath, Query: []string{"limit=1000"}, Header: http.Header{"Authorization": {"Bearer " + w.key}}}
	for _, sent := range []*spectest.Request{r, r, list} {
		response := sent.Serve(t, handler, http.Header{"X-Request-Id": {"observed"}})
		fmt.Fprintln(&seen, response.Code, strings.TrimSpace(response.Body.String()), response.Header())
	}
	seen.WriteString(dump(t, database))
	return seen.String()
}

// dump returns what a database stores about numbers and requests, except for secrets.
func dump(t *testing.T, database string) string {
	t.Helper()
	db := dbtest.Connect(t, database)
	defer func() { _ = db.Close() }() // a test opens many databases
	var text []string
	tables := column(t, db, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('workspaces', 'api_keys', 'settings', 'goose_db_version')`)
	for _, table := range tables {
		for _, name := range column(t, db, `SELECT name FROM pragma_table_info('`+table+`') WHERE name <> 'password'`) {
			values := column(t, db, `SELECT coalesce(`+name+`, 'null') FROM `+table+` ORDER BY rowid`)
			text = append(text, table+"."+name+": "+strings.Join(values, " "))
		}
	}
	return strings.Join(text, "\n")
}

func column(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := cmp.Or(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	return values
}
