package journal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox/journal"
)

// FuzzRedacted puts a password in a member of a random body and elsewhere in the request, and looks for it in the result. It
// also gives a text of any kind as the body, with the password as a known secret.
func FuzzRedacted(f *testing.F) {
	for i, password := range []string{"hunter2!", "x", "pass", "12345", `q"u\o/t`, "a b+c%d", "100%41", "ä€😀\u2028", "[red", "acted]", "user", "\x00\x01\x02\x03"} {
		f.Add(password, `{"password":"`+password+`","a":["x`+password+`"]}`, uint64(i))
		f.Add(password, password+` {"a":`, uint64(i)+100)
	}
	f.Fuzz(func(t *testing.T, password, other string, seed uint64) {
		// The mark, literals, and the names of secret members stay, and so does a secret in them.
		if !utf8.ValidString(password) || strings.Contains("[redacted] true false null password=", password) {
			t.Skip()
		}
		random := rand.New(rand.NewPCG(seed, 1))
		g := generator{random, password}
		body := `{"a":` + g.value(3) + `,` + g.quote("passWord") + `:` + g.quote(password) + `,"z":` + g.value(3) + `}`
		if !json.Valid([]byte(body)) {
			t.Fatalf("the generated body %s is not JSON", body)
		}
		r := control.Request{Path: "/api/" + url.PathEscape(password), Query: "cursor=" + url.QueryEscape("x"+password), IdempotencyKey: password + "y"}
		got := journal.Redacted(r, "", []byte(body), nil)
		if got.BodyOmitted == "The body is not JSON." {
			t.Errorf("the body %s is omitted: %s", body, got.BodyOmitted)
		}
		check(t, password, got)
		check(t, password, journal.Redacted(r, "", []byte(other), nil, password))
	})
}

// check looks for a password in a request.
func check(t *testing.T, password string, r control.Request) {
	t.Helper()
	if r.Body != nil && (r.BodyOmitted != "" || !json.Valid(r.Body)) {
		t.Fatalf("the body is %q, %q; want JSON or a reason", r.Body, r.BodyOmitted)
	}
	if utf8.RuneCountInString(password) < 4 {
		return
	}
	texts := []string{r.Path, r.Query, r.IdempotencyKey}
	if !strings.ContainsAny(password, `{}[]:,"`) { // these are in JSON anyway
		texts = append(texts, string(r.Body))
	}
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if _, structural := token.(json.Delim); !structural {
			texts = append(texts, fmt.Sprint(token))
		}
	}
	for _, text := range texts {
		decoded, err := url.QueryUnescape(text)
		if strings.Contains(text, password) || err == nil && strings.Contains(decoded, password) {
			t.Errorf("with the password %q, the request has the text %q", password, text)
		}
	}
}

// generator makes random JSON that has a password in some of its texts.
type generator struct {
	*rand.Rand
	password string
}

func (g generator) value(depth int) string {
	switch n := g.IntN(10); {
	case n < 2 && depth > 0:
		return `[` + g.value(depth-1) + ` , ` + g.value(depth-1) + `]`
	case n < 5 && depth > 0:
		return `{"1":` + g.value(depth-1) + `, ` + g.quote("2"+g.text()) + `:` + g.value(depth-1) + `,"token":` + g.value(depth-1) + `}`
	case n < 6:
		return []string{"1.0", "-12345.50e10", "true", "null", "0", "98765432109876543210"}[g.IntN(6)]
	}
	return g.quote(g.text())
}

func (g generator) text() string {
	return []string{"", "x", "%", "ä+"}[g.IntN(4)] + []string{"", g.password, url.QueryEscape(g.password), g.password + g.password}[g.IntN(4)] +
		[]string{"", "y", "%4", " +"}[g.IntN(4)]
}

// quote returns a JSON string, with random escapes.
func (g generator) quote(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x10000 && g.IntN(4) == 0 {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			quoted, _ := json.Marshal(string(r))
			b.Write(quoted[1 : len(quoted)-1])
		}
	}
	return `"` + b.String() + `"`
}
