package journal_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox/journal"
)

const sipBody = `{"type":"vogent_sip","vogentSip":{"sipPrefix":"support","username":"caller","password":"` + password + `"}}`

// redactRequest is like redact, for a whole request.
func redactRequest(r control.Request) control.Request {
	return journal.Redacted(r, "Bearer "+ownKey, []byte(sipBody), nil, seedKey, webhook)
}

func TestTextsWithoutASecretStay(t *testing.T) {
	t.Parallel()
	r := control.Request{
		Method: "POST", Path: "/api/phone_numbers/a%2Fb%zz%", Query: "limit=10&cursor=a+b%20c%2B&&=x&y", IdempotencyKey: `"order-17+%41"`, RequestID: "id-1",
		Operation: "createPhoneNumber", Workspace: "default", Fault: "lost-answer",
	}
	want, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	got := redactRequest(r)
	if got.Body == nil {
		t.Error("the request has no body; want one")
	}
	got.Body = nil
	if text, err := json.Marshal(got); err != nil || string(text) != string(want) {
		t.Errorf("the request is %s, %v; want %s", text, err, want)
	}
}

func TestASecretIsReplacedInEveryTextOfARequest(t *testing.T) {
	t.Parallel()
	texts := map[string]func(*control.Request) *string{
		"method":          func(r *control.Request) *string { return &r.Method },
		"path":            func(r *control.Request) *string { return &r.Path },
		"query":           func(r *control.Request) *string { return &r.Query },
		"Idempotency-Key": func(r *control.Request) *string { return &r.IdempotencyKey },
		"request id":      func(r *control.Request) *string { return &r.RequestID },
	}
	for _, secret := range []string{ownKey, wrongKey, seedKey, webhook, password} {
		for _, written := range []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret), strings.ReplaceAll(url.QueryEscape(secret), "%2B", "%2b"),
			everyByteEscaped(secret), everyByteEscaped(everyByteEscaped(secret)), secret[:2] + everyByteEscaped(secret[2:3]) + secret[3:],
		} {
			for around, want := range map[string]string{
				"%":                  "[redacted]",
				"/api/%/%?":          "/api/[redacted]/[redacted]?",
				"cursor=%&x=a%b":     "cursor=[redacted]&x=a[redacted]b",
				"api_key=%&limit=10": "api_key=[redacted]&limit=10",
				"%=1":                "[redacted]=1",
				`"k-%"`:              `"k-[redacted]"`,
			} {
				if around == "cursor=%&x=a%b" && strings.HasPrefix(secret, "pnk_") {
					want = strings.Replace(want, "]b", "]", 1) // the b can be a part of an API key
				}
				for name, text := range texts {
					var r control.Request
					*text(&r) = strings.ReplaceAll(around, "%", written)
					got := redactRequest(r)
					if got := *text(&got); got != want {
						t.Errorf("the %s %s with %s is %s; want %s", name, around, written, got, want)
					}
				}
			}
		}
	}
}

func everyByteEscaped(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteString("%" + string("0123456789abcdef"[text[i]>>4]) + string("0123456789ABCDEF"[text[i]&15]))
	}
	return b.String()
}

func TestTheValueOfASecretQueryParameterIsReplaced(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"password=x":                                "password=[redacted]",
		"a=1&API_KEY=x&b=2":                         "a=1&API_KEY=[redacted]&b=2",
		"access_token=x=y&token=":                   "access_token=[redacted]&token=[redacted]",
		"p%61ssword=x":                              "p%61ssword=[redacted]",
		"password":                                  "password",
		"x=password&passwor=y&limit=1":              "x=password&passwor=y&limit=1",
		"password=other%20horse&x=other+horse":      "password=[redacted]&x=[redacted]",
		"secret=tr%6Fub&x=troub&y=tro%75b&troub=tr": "secret=[redacted]&x=[redacted]&y=[redacted]&[redacted]=tr",
	} {
		if got := redactRequest(control.Request{Query: sent}).Query; got != want {
			t.Errorf("the query %s is %s; want %s", sent, got, want)
		}
	}
	r := redactRequest(control.Request{Query: "password=troubadour", Path: "/troubadour", IdempotencyKey: "my troubadour"})
	if r.Path != "/[redacted]" || r.IdempotencyKey != "my [redacted]" {
		t.Errorf("the path is %s and the key is %s; want them without the password of the query", r.Path, r.IdempotencyKey)
	}
}

func TestEveryCredentialOfTheAuthorizationHeaderIsASecret(t *testing.T) {
	t.Parallel()
	for authorization, want := range map[string]string{
		"Bearer first-key":                "[redacted] second-key Bearer",
		"Basic first-key":                 "[redacted] second-key Bearer",
		"first-key":                       "[redacted] second-key Bearer",
		"bearer  first-key\tsecond-key ":  "[redacted] [redacted] Bearer",
		"Bearer first-keyx second-key-no": "first-key second-key Bearer",
		"":                                "first-key second-key Bearer",
	} {
		got := journal.Redacted(control.Request{IdempotencyKey: "first-key second-key Bearer"}, authorization, nil, nil).IdempotencyKey
		if got != want {
			t.Errorf("after the header %q, the key is %s; want %s", authorization, got, want)
		}
	}
}

func TestThePasswordsOfAnOmittedBodyAreReplacedElsewhere(t *testing.T) {
	t.Parallel()
	member := `{"password":"` + password + `"`
	for _, body := range []string{
		member, member + `,"a":1,"a":2}`, member + `,"password":"x"}`, member + "}" + member + "}", member + `,"a":"` + strings.Repeat("x", 5000) + `"}`,
		`{"a":1,"a":2,` + member[1:] + `}`, "{\"a\":\"\xff\"," + member[1:] + "}",
	} {
		got := journal.Redacted(control.Request{IdempotencyKey: "my " + password}, "", []byte(body), nil)
		if got.BodyOmitted == "" || got.IdempotencyKey != "my [redacted]" {
			t.Errorf("with the body %.80s, the Idempotency-Key is %s and the reason is %q; want [redacted] and a reason", body, got.IdempotencyKey, got.BodyOmitted)
		}
	}
}

func BenchmarkRedacted(b *testing.B) {
	for name, body := range map[string]string{"purchase": `{"number":"+14155550100"}`, "create": sipBody} {
		b.Run(name, func(b *testing.B) {
			r := control.Request{Method: "POST", Path: "/api/phone_numbers/purchase", IdempotencyKey: "order-17", RequestID: "5MYVPBXQ6JBGUCIQSYWZ3TCBMJ"}
			b.ReportAllocs()
			for b.Loop() {
				journal.Redacted(r, "Bearer "+ownKey, []byte(body), nil, seedKey, webhook)
			}
		})
	}
}
