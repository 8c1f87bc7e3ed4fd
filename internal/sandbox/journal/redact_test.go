package journal_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox/journal"
)

const (
	ownKey   = "pnk_canary0000000000000000000000000000"
	wrongKey = "pnk_Zother1111111111111111111111111111"
	seedKey  = "test-key-1"
	webhook  = "whsec_c2VjcmV0+/=="
	password = "correct horse"
)

// redact returns the request for a body, sent with ownKey to a sandbox that has other secrets too.
func redact(body string) control.Request {
	return journal.Redacted(control.Request{}, "Bearer "+ownKey, []byte(body), nil, seedKey, webhook)
}

func TestABodyIsKeptAsItWasSent(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		`{"number":"+14155550100"}`: "",
		` { "z" : 1.0, "a":[ -0,1e400 ,12345678901234567890123.10 ], "m":{} , "":null}` + "\n": `{"z":1.0,"a":[-0,1e400,12345678901234567890123.10],"m":{},"":null}`,
		`{"\u0061":"\u00e4\/\n\u2028<"}`: `{"a":"ä/\n` + "\u2028" + `<"}`,
		`"text"`:                         "",
		`[true,false,null]`:              "",
		`1.50`:                           "",
		`{"a":{"x":1},"b":{"x":1}}`:      "",
		`{"key":"pnk_","k":"pnk_-1 pnk_","name":"pnk-1","username":"u","keyword":["k"],"author":"a"}`: "",
		`{"x":"100%","y":"%zz%4","z":"%25"}`: "",
	} {
		if want == "" {
			want = sent
		}
		if got := redact(sent); string(got.Body) != want || got.BodyOmitted != "" {
			t.Errorf("the body of %s is %s, %q; want %s", sent, got.Body, got.BodyOmitted, want)
		}
	}
	if got := redact(""); got.Body != nil || got.BodyOmitted != "" {
		t.Errorf("the body of an empty body is %s, %q; want none and no reason", got.Body, got.BodyOmitted)
	}
}

func TestTheReasonForAnOmittedBodyIsGiven(t *testing.T) {
	t.Parallel()
	const notJSON, notUTF8 = "The body is not JSON.", "The body is not valid UTF-8."
	const twice, large = "The body has a member twice", "The body is larger than 4 KiB."
	for sent, want := range map[string]string{
		`{"number":`: notJSON, `number=1`: notJSON, ` `: notJSON, `{} {}`: notJSON, `{}"x"`: notJSON, `{} x`: notJSON, `{'a':1}`: notJSON,
		`{"a":1,}`: notJSON, `{"a":"\ud800"}`: notJSON, `{"password":x}`: notJSON, `{"password":"x"`: notJSON, `01`: notJSON, `"` + password: notJSON,
		`{"a":1,"b":2,"\u0061":3}`: twice, `{"x":[{"a":1,"a":2}]}`: twice, `{"password":{"a":1,"a":2}}`: twice, `{"password":1,"password":2}`: twice,
		`{"x` + ownKey + `":1,"x` + wrongKey + `":2}`: twice, // both are x[redacted]

		`"` + "\xff" + `"`: notUTF8, `"` + strings.Repeat("x", 4<<10-1) + `"`: large, strings.Repeat("x", 4<<10+1): large,
	} {
		got := redact(sent)
		if got.Body != nil || !strings.HasPrefix(got.BodyOmitted, want) {
			t.Errorf("the body of %.60s is %.60s, %q; want no body and %q", sent, got.Body, got.BodyOmitted, want)
		}
	}
	largest := `"` + strings.Repeat("x", 4<<10-2) + `"`
	if got := redact(largest); string(got.Body) != largest {
		t.Errorf("a body of 4 KiB has %d bytes, %q; want all", len(got.Body), got.BodyOmitted)
	}
	for body, want := range map[string]string{"": "The body was incomplete.", "1": "The body was incomplete.", strings.Repeat("1", 5000): large} {
		got := journal.Redacted(control.Request{}, "", []byte(body), errors.New("cut off after "+password))
		if got.Body != nil || got.BodyOmitted != want {
			t.Errorf("an incomplete body of %d bytes is %.60s, %q; want %q", len(body), got.Body, got.BodyOmitted, want)
		}
	}
}

func TestTheValueOfASecretMemberIsReplaced(t *testing.T) {
	t.Parallel()
	for _, value := range []string{`"` + password + `"`, `"x"`, `""`, `1`, `123456.0`, `true`, `null`, `[]`, `["` + password + `",{"a":1}]`, `{"` + password + `":1}`} {
		for _, name := range []string{
			"password", "PASSWORD", "Password", `pass\u0077ord`, "sipPassword", "password2", "pass_word", "passwd", "passphrase", "secret", "clientSecret",
			"secretKey", "token", "accessToken", "access_token", "apiKey", "api_key", "API-Key", "x-api-key", "api.key", "API Key", "Authorization", "Proxy-Authorization",
		} {
			const around = `{"a":[{"%":%,"z":1.0}]}`
			got := redact(strings.Replace(strings.Replace(around, "%", name, 1), "%", value, 1))
			want := strings.Replace(strings.Replace(around, "%", strings.ReplaceAll(name, `\u0077`, "w"), 1), "%", `"[redacted]"`, 1)
			if string(got.Body) != want {
				t.Errorf("%s with %s is %s, %q; want %s", name, value, got.Body, got.BodyOmitted, want)
			}
		}
	}
}

func TestASecretIsReplacedInEveryTextOfABody(t *testing.T) {
	t.Parallel()
	escaped := func(text string) string {
		var b strings.Builder
		for _, r := range text {
			b.WriteString(`\u00` + string("0123456789abcdef"[r>>4]) + string("0123456789ABCDEF"[r&15]))
		}
		return b.String()
	}
	for _, secret := range []string{ownKey, wrongKey, seedKey, webhook, password, "pnk_x"} {
		for _, written := range []string{
			secret, escaped(secret), url.QueryEscape(secret), url.PathEscape(secret), url.QueryEscape(url.PathEscape(secret)),
			strings.ReplaceAll(url.QueryEscape(secret), "%2B", "%2b"), strings.ReplaceAll(escaped(secret), `\u00`, "%"),
		} {
			for body, want := range map[string]string{
				`{"number":"%"}`:                      `{"number":"[redacted]"}`,
				`{"a":[1,{"b":"x %, %%/y"}]}`:         `{"a":[1,{"b":"x [redacted], [redacted]/y"}]}`,
				`{"% of":1.0,"%":{"z":2}}`:            `{"[redacted] of":1.0,"[redacted]":{"z":2}}`,
				`{"the password of %":{"%":"short"}}`: `{"the password of [redacted]":"[redacted]"}`,
				`"%"`:                                 `"[redacted]"`,
			} {
				if secret == password { // the body has to say that it is one
					member := strings.ReplaceAll(`"password":%,"more":1`, "%", `"`+password+`"`)
					body, want = `[`+body+`,{`+member+`}]`, `[`+want+`,{"password":"[redacted]","more":1}]`
				}
				if got := redact(strings.ReplaceAll(body, "%", written)); string(got.Body) != want {
					t.Errorf("%s with %s is %s, %q; want %s", body, written, got.Body, got.BodyOmitted, want)
				}
			}
		}
	}
}

func TestASecretInANumberIsReplaced(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		`{"password":1234,"a":1234,"b":112345,"c":"x1234","d":123}`: `{"password":"[redacted]","a":"[redacted]","b":"1[redacted]5","c":"x[redacted]","d":123}`,
		`{"a":{"1234":5},"password":["1234"]}`:                      `{"a":{"[redacted]":5},"password":"[redacted]"}`,
	} {
		if got := redact(sent); string(got.Body) != want {
			t.Errorf("the body of %s is %s; want %s", sent, got.Body, want)
		}
	}
}

func TestAShortSecretIsOnlyReplacedInItsMember(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		`{"type":"e","password":"e"}`:                          `{"type":"e","password":"[redacted]"}`,
		`{"a":"x123","password":123,"b":123}`:                  `{"a":"x123","password":"[redacted]","b":123}`,
		`{"a":"äöü","password":"äöü"}`:                         `{"a":"äöü","password":"[redacted]"}`,
		`{"a":"xäöüß","password":"äöüß"}`:                      `{"a":"x[redacted]","password":"[redacted]"}`,
		`{"password":true,"a":true,"b":"true"}`:                `{"password":"[redacted]","a":true,"b":"true"}`,
		`{"password":"password","a":"password"}`:               `{"password":"[redacted]","a":"[redacted]"}`,
		`{"password":{"token":{"b":1},"c":"text"},"a":"text"}`: `{"password":"[redacted]","a":"[redacted]"}`,
		`{"password":{"number":1},"number":2}`:                 `{"password":"[redacted]","number":2}`,
	} {
		if got := redact(sent); string(got.Body) != want {
			t.Errorf("the body of %s is %s; want %s", sent, got.Body, want)
		}
	}
	got := journal.Redacted(control.Request{Path: "/abc", Query: "a=abc&token=abc"}, "Bearer abc", []byte(`"abc"`), nil, "abc")
	if got.Path != "/abc" || got.Query != "a=abc&token=[redacted]" || string(got.Body) != `"abc"` {
		t.Errorf("the request is %+v; want the short secret only in the token replaced", got)
	}
}

func TestASecretThatIsLikeTheMarkDoesNotStay(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		`{"a":"x redacted y","password":"redacted"}`:                    `{"a":"[redacted]","password":"[redacted]"}`,
		`{"a":"xabcd","password":["abcd","x[re"]}`:                      `{"a":"[redacted]","password":"[redacted]"}`,
		`{"a":"aabcdefa bcde","b":"abcabcab","token":["abcd","cdefa"]}`: `{"a":"a[redacted] bcde","b":"abcabcab","token":"[redacted]"}`,
		`{"a":"yababab","secret":"abab"}`:                               `{"a":"y[redacted]","secret":"[redacted]"}`,
	} {
		if got := redact(sent); string(got.Body) != want {
			t.Errorf("the body of %s is %s; want %s", sent, got.Body, want)
		}
	}
}
