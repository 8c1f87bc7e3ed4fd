package server

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/vogent-community/phonenumbers/api"
)

func operationByID(id string) Operation {
	for _, op := range operations {
		if op.ID == id {
			return op
		}
	}
	panic("openapi.yaml has no " + id)
}

// nested is a body that can have null in every place.
type nested struct {
	Text    string            `json:"text"`
	Number  *int              `json:"number"`
	Ratio   float64           `json:"ratio"`
	Link    api.AgentLink     `json:"link"`
	Inner   *nested           `json:"inner"`
	Value   struct{ Ok bool } `json:"value"`
	List    []string          `json:"list"`
	Inners  []*nested         `json:"inners"`
	Lists   [][]int           `json:"lists"`
	ByName  map[string]nested `json:"byName"`
	Pair    [2]*int           `json:"pair"`
	Free    any               `json:"free"`
	Allowed *nested           `json:"allowed"`
	Listed  []*nested         `json:"listed"`
}

func TestNullIsRefusedAtEveryDepthWithItsPointer(t *testing.T) {
	for body, want := range map[string]string{
		`null`:                                        "",
		` null `:                                      "",
		`{"text":null}`:                               "/text",
		`{"number":null}`:                             "/number",
		`{"link":null}`:                               "/link",
		`{"inner":null}`:                              "/inner",
		`{"value":null}`:                              "/value",
		`{"value":{"Ok":null}}`:                       "/value/Ok",
		`{"list":null}`:                               "/list",
		`{"list":[null]}`:                             "/list/0",
		`{"list":["a","b",null]}`:                     "/list/2",
		`{"inners":[{},null]}`:                        "/inners/1",
		`{"inners":[{},{"inners":[null]}]}`:           "/inners/1/inners/0",
		`{"lists":[[1],[1,null]]}`:                    "/lists/1/1",
		`{"lists":[[1],null]}`:                        "/lists/1",
		`{"byName":{"a/b":null}}`:                     "/byName/a~1b",
		`{"byName":{"a":{"link":null}}}`:              "/byName/a/link",
		`{"pair":[1,null]}`:                           "/pair/1",
		`{"free":null}`:                               "/free",
		`{"free":{"a":[1,null]}}`:                     "/free/a/1",
		`{"inner":{"inner":{"inner":{"text":null}}}}`: "/inner/inner/inner/text",

		// The list of pointers that may be null says nothing about what is above, below or in them.
		`{"inner":{"allowed":null}}`:   "/inner/allowed",
		`{"allowed":{"allowed":null}}`: "/allowed/allowed",
		`{"allowed":{"text":null}}`:    "/allowed/text",
		`{"listed":[null]}`:            "/listed/0",
		`{"listed":[{},null]}`:         "/listed/1",

		`{"text":"null"}`:                                  "-",
		`{"allowed":null,"listed":null}`:                   "-",
		`{"allowed":{"inner":{}},"listed":[{},{}]}`:        "-",
		`{"inner":{"text":"a","list":[],"lists":[[],[]]}}`: "-",
	} {
		d := newDecoder(Operation{nullable: []jsontext.Pointer{"/allowed", "/listed"}})
		var p *api.Problem
		err := d.decode([]byte(body), new(nested))
		switch {
		case want == "-" && err != nil:
			t.Errorf("%s: got %v; want no error", body, err)
		case want == "-":
		case !errors.As(err, &p) || len(p.Errors) != 1:
			t.Errorf("%s: got %v; want one error at %q", body, err, want)
		case p.Errors[0].Pointer != want:
			t.Errorf("%s: the error is at %q; want %q", body, p.Errors[0].Pointer, want)
		case p.Errors[0].Detail != "must not be null":
			t.Errorf("%s: the detail is %q; want must not be null", body, p.Errors[0].Detail)
		}
	}
}

func TestAValueOfAnotherTypeIsRefusedWithTheTypeThatItMustHave(t *testing.T) {
	for body, want := range map[string]string{
		`{"text":1}`:         "/text must be a string",
		`{"link":1}`:         "/link must be a string",
		`{"number":1.5}`:     "/number must be a whole number that fits in 64 bits",
		`{"ratio":"0.5"}`:    "/ratio must be a number",
		`{"ratio":1e400}`:    "/ratio must be a number",
		`{"value":{"Ok":1}}`: "/value/Ok must be true or false",
		`{"list":{}}`:        "/list must be an array",
		`{"inner":[]}`:       "/inner must be an object",
	} {
		var p *api.Problem
		if err := newDecoder(Operation{}).decode([]byte(body), new(nested)); !errors.As(err, &p) || len(p.Errors) != 1 {
			t.Errorf("%s: got %v; want %s", body, err, want)
		} else if got := p.Errors[0].Pointer + " " + p.Errors[0].Detail; got != want {
			t.Errorf("%s: got %s; want %s", body, got, want)
		}
	}
}

// To build a pointer for each value of such a body would take a second and 200 MB.
func TestADeepBodyIsDecodedCheaply(t *testing.T) {
	const depth = 5_000
	body := []byte(strings.Repeat(`{"inner":`, depth) + "{}" + strings.Repeat("}", depth))
	d := newDecoder(Operation{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := d.decode(body, new(nested)); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 20 {
		t.Errorf("decoding took %d MiB; want at most 20", used)
	}
}

func TestAnAllowedNullIsTheZeroValue(t *testing.T) {
	var got api.CreatePhoneNumberInput
	body := `{"type":"purchase","purchase":{"number":"+14155550100"},"sipImport":null}`
	if err := newDecoder(operationByID("createPhoneNumber")).decode([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if got.SIPImport != nil {
		t.Errorf("sipImport is %+v; want nil", got.SIPImport)
	}
	if want := (api.PurchaseDetails{Number: "+14155550100"}); got.Purchase == nil || *got.Purchase != want {
		t.Errorf("purchase is %+v; want %+v", got.Purchase, want)
	}
}

// Generated code takes io.EOF to mean that the body was left out.
func TestABodyMayBeMissingOnlyIfItIsOptional(t *testing.T) {
	if err := newDecoder(Operation{}).decode(nil, new(nested)); !errors.Is(err, io.EOF) {
		t.Errorf("an optional body: got %v; want io.EOF", err)
	}
	var p *api.Problem
	if err := newDecoder(Operation{bodyRequired: true}).decode(nil, new(nested)); !errors.As(err, &p) || !strings.Contains(p.Detail, "missing") {
		t.Errorf(`a required body: got %v; want a problem with "missing" in it`, err)
	}
}

// Whatever strangers send, the decoder does not panic, and accepts no body that a decoder without our rules refuses.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"type":"purchase","purchase":{"number":"+14155550100"},"sipImport":null}`, `{"type":null}`, `{"type":"a","type":"b"}`,
		`null`, ` `, "\xff", `{"a":`, `[[[`, `{"purchase":{"number":{}}}`, `{"type":nul`, `[null]`,
	} {
		f.Add([]byte(seed))
	}
	decoder := newDecoder(operationByID("createPhoneNumber"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var got, want api.CreatePhoneNumberInput
		if err := decoder.decode(body, &got); err != nil {
			var p *api.Problem
			if !errors.As(err, &p) || p.Code != api.CodeInvalidRequest {
				t.Errorf("%q: got %v; want a problem with the code %s", body, err, api.CodeInvalidRequest)
			}
			return
		}
		if err := json.Unmarshal(body, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q decoded to %+v; encoding/json has %+v, %v", body, got, want, err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, bench := range []struct {
		name, id, body string
		target         func() any
	}{
		{
			"Update", "updatePhoneNumber", `{"agentId": "0198f3c2-8d51-7c54-9a51-6a2f8a1c9b11"}`,
			func() any { return new(api.UpdatePhoneNumberInput) },
		},
		{
			"Import", "createPhoneNumber", `{"type":"sip_import","purchase":null,"sipImport":{"phoneNumber":"+18001234567",` +
				`"terminationUri":"sip.example.com:5061;transport=tls","username":"trunk","password":"correct horse battery"}}`,
			func() any { return new(api.CreatePhoneNumberInput) },
		},
	} {
		decoder, body := newDecoder(operationByID(bench.id)), []byte(bench.body)
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := decoder.decode(body, bench.target()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
