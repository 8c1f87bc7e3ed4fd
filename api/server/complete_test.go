package server

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
)

type row struct {
	Name string   `json:"name"`
	Tags []string `json:"tags"` // in an element of a list, so left alone
}

type section struct {
	Rows     []row          `json:"rows"`
	Optional []row          `json:"optional,omitempty"`
	Zero     []row          `json:"zero,omitzero"`
	Hidden   []row          `json:"-"`
	ByName   map[string]row `json:"byName"`
	Next     *section       `json:"next,omitempty"`
}

type raw []int

func (r raw) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, `"nil: %t"`, r == nil), nil }

type document struct {
	section          // embedded, so its members are the document's
	Title   string   `json:"title"`
	Inner   section  `json:"inner"`
	Sent    section  `json:"sent,omitempty"` // a struct is sent all the same
	Absent  section  `json:"absent,omitzero"`
	Pointer *[]row   `json:"pointer"`
	Raw     raw      `json:"raw"`
	Bytes   []byte   `json:"bytes"`
	Null    *section `json:"null"`
}

// wrapped is a response as oapi-codegen makes it.
type wrapped[T any] struct {
	Body    T
	Headers struct{ Trace []string }
}

func complete(t *testing.T, response any) any {
	t.Helper()
	next := func(echo.Context, any) (any, error) { return response, nil }
	got, err := completeResponses()(next, "test")(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestANilListIsSentEmptyAtEveryDepth(t *testing.T) {
	const emptySection = `{"rows":[],"byName":{}}`
	next := section{Rows: []row{{Name: "a"}}}
	for name, test := range map[string]struct {
		response any
		body     func(any) any
		want     string
	}{
		"the body is a list": {
			wrapped[[]row]{}, func(r any) any { return r.(wrapped[[]row]).Body }, `[]`,
		},
		"a body without headers is not wrapped": {
			[]row(nil), func(r any) any { return r }, `[]`,
		},
		"the lists of a document": {
			wrapped[document]{Body: document{Pointer: new([]row), Null: nil, section: section{Next: &next}}},
			func(r any) any { return r.(wrapped[document]).Body },
			`{"rows":[],"byName":{},"next":{"rows":[{"name":"a","tags":null}],"byName":{}},"title":"","inner":` + emptySection +
				`,"sent":` + emptySection + `,"pointer":[],"raw":"nil: true","bytes":"","null":null}`,
		},
	} {
		text, err := json.Marshal(test.body(complete(t, test.response)))
		if err != nil || string(text) != test.want {
			t.Errorf("%s: got %s, %v; want %s", name, text, err, test.want)
		}
	}
	if next.ByName != nil {
		t.Error("what the response points to was changed; it is the implementer's")
	}
}

func TestAResponseWithNothingToFillStaysAsItIs(t *testing.T) {
	round := &section{Rows: []row{}, ByName: map[string]row{}}
	round.Next = round // has no end
	endless := &section{ByName: map[string]row{}}
	endless.Next = endless
	if got := complete(t, wrapped[section]{Body: *endless}).(wrapped[section]); got.Body.Rows == nil {
		t.Error("a value that contains itself was not filled")
	}
	ours := &wrapped[[]row]{}
	for _, response := range []any{
		wrapped[row]{Body: row{Tags: []string{"a"}}},
		wrapped[api.PhoneNumber]{},
		wrapped[section]{Body: section{Rows: []row{{}}, ByName: map[string]row{"a": {}}}},
		wrapped[section]{Body: *round},
		ours,
		"text",
	} {
		if got := complete(t, response); !reflect.DeepEqual(got, response) {
			t.Errorf("%T: got %+v; want %+v", response, got, response)
		}
	}
	if ours.Body != nil {
		t.Error("a response of the implementer's own, behind a pointer, was changed")
	}
}

func TestHeadersThatAreNilAreNotSent(t *testing.T) {
	if got := complete(t, wrapped[[]row]{}).(wrapped[[]row]); got.Headers.Trace != nil {
		t.Errorf("got %q; want nil", got.Headers.Trace)
	}
}

func BenchmarkComplete(b *testing.B) {
	for name, response := range map[string]any{
		"NoLists": GetPhoneNumber200JSONResponse{},
		"List":    ListPhoneNumbers200JSONResponse{Body: api.PhoneNumberPage{Data: []api.PhoneNumber{{}}}},
		"NilList": ListPhoneNumbers200JSONResponse{},
	} {
		next := func(echo.Context, any) (any, error) { return response, nil }
		handler := completeResponses()(next, "test")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := handler(nil, context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
