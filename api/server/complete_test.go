package server

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
)

type row struct {
	Tags []string `json:"tags"` // in an element of a list, so left alone
}

type section struct {
	Rows     []row    `json:"rows"`
	Optional []row    `json:"optional,omitempty"`
	Zero     []row    `json:"zero,omitzero"`
	Hidden   []row    `json:"-"`
	Raw      selfMade `json:"raw"`
}

// selfMade is a list that encodes itself.
type selfMade []int

func (s selfMade) MarshalJSON() ([]byte, error) { return json.Marshal(s == nil) }

type document struct {
	Title string   `json:"title"`
	Inner section  `json:"inner"`
	Next  *section `json:"next,omitempty"`
}

// wrapped is a response like those that oapi-codegen generates.
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
	const emptySection = `{"rows":[],"raw":true}`
	for name, test := range map[string]struct{ response, want any }{
		"the body is a list":                  {complete(t, wrapped[[]row]{}).(wrapped[[]row]).Body, `[]`},
		"a body without headers":              {complete(t, []row(nil)), `[]`},
		"a list in a document":                {complete(t, wrapped[section]{}).(wrapped[section]).Body, emptySection},
		"a list in a struct of the document":  {complete(t, wrapped[document]{}).(wrapped[document]).Body, `{"title":"","inner":` + emptySection + `}`},
		"what stands in a list is left alone": {complete(t, wrapped[[]row]{Body: []row{{}}}).(wrapped[[]row]).Body, `[{"tags":null}]`},
	} {
		got, err := json.Marshal(test.response)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, test.want)
		}
	}
}

func TestTheResponseOfTheImplementerStaysAsItIs(t *testing.T) {
	pointed := &section{}
	for _, response := range []any{
		wrapped[row]{Body: row{Tags: []string{"a"}}},
		wrapped[api.PhoneNumber]{},
		&wrapped[[]row]{}, // generated responses are values
		"text",
	} {
		if got := complete(t, response); !reflect.DeepEqual(got, response) {
			t.Errorf("%T: got %+v; want %+v", response, got, response)
		}
	}
	if complete(t, wrapped[document]{Body: document{Next: pointed}}); pointed.Rows != nil {
		t.Error("what the response points to was changed; it is the implementer's")
	}
	if got := complete(t, wrapped[[]row]{}).(wrapped[[]row]); got.Headers.Trace != nil {
		t.Errorf("got the header %q; want nil, which is not sent", got.Headers.Trace)
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
