package main

import (
	"go/format"
	"slices"
	"strings"
	"testing"
)

// Types and a server such as oapi-codegen writes. The fields of the request and the body of the response are to be filled in.
const (
	madeModels = `package api

type Kind string

type Inner struct {
	Number int   ` + "`json:\"number\"`" + `
	Live   *bool ` + "`json:\"live,omitempty\"`" + `
	Tags   []string ` + "`json:\"tags,omitempty\"`" + `
}

type Around struct {
	Inner *Around ` + "`json:\"inner\"`" + `
}

type Self struct {
	Text string ` + "`json:\"text\"`" + `
}

func (s Self) MarshalJSON() ([]byte, error) { return nil, nil }

type Map = map[string]string

type ListParams struct {
	FIELD
}
`
	madeServer = `package server

type ListRequestObject struct {
	REQUEST
}

type List200JSONResponse struct {
	Body    BODY
	Headers List200ResponseHeaders
}

func register() {
	router.GET(options.BaseURL+"/lists/:id", wrapper.List, options.OperationMiddlewares["list"]...)
}
`
)

// made returns the handler of an operation, and the functions for its response.
func made(t *testing.T, op operation, request, params, body string) (handler, []function) {
	t.Helper()
	op.Name = "list"
	models := strings.Replace(madeModels, "FIELD", params, 1)
	server := strings.NewReplacer("REQUEST", request, "BODY", body).Replace(madeServer)
	got, err := readHandlers([]operation{op}, []byte(models), []byte(server))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Handlers) != 1 {
		t.Fatalf("got %d handlers; want 1", len(got.Handlers))
	}
	if got.Fallback == got.Handlers[0].Plain {
		t.Errorf("the handlers need those of oapi-codegen: %t; want %t", got.Fallback, !got.Handlers[0].Plain)
	}
	return got.Handlers[0], got.Encoders
}

func tagged(tag string) string { return "`" + tag + "`" }

func TestOperationsThatTheServerCannotReadByItselfKeepTheHandlersOfOapiCodegen(t *testing.T) {
	for name, test := range map[string]struct {
		op              operation
		request, params string
		want            bool
	}{
		"nothing":                            {want: true},
		"a text in the path":                 {request: "ID string " + tagged(`json:"id"`), want: true},
		"a number in the path":               {request: "ID int " + tagged(`json:"id"`)},
		"a body":                             {op: operation{Body: true, BodyRequired: true}, request: "Body *Inner", want: true},
		"an optional body":                   {op: operation{Body: true}, request: "Body *Inner"},
		"a body that is no JSON":             {op: operation{Body: true, BodyRequired: true}, request: "Body io.Reader"},
		"a body of more than one type":       {op: operation{Body: true, BodyRequired: true}, request: "JSONBody *Inner"},
		"a text in the query":                {request: "Params ListParams", params: "A *string " + tagged(`form:"a,omitempty" json:"a,omitempty"`), want: true},
		"a text with a type of its own":      {request: "Params ListParams", params: "A *Kind " + tagged(`form:"a,omitempty" json:"a,omitempty"`), want: true},
		"an integer in the query":            {request: "Params ListParams", params: "A *int " + tagged(`form:"a,omitempty" json:"a,omitempty"`), want: true},
		"a required text in the query":       {request: "Params ListParams", params: "A string " + tagged(`form:"a" json:"a"`)},
		"a boolean in the query":             {request: "Params ListParams", params: "A *bool " + tagged(`form:"a,omitempty" json:"a,omitempty"`)},
		"a list in the query":                {request: "Params ListParams", params: "A []string " + tagged(`form:"a,omitempty" json:"a,omitempty"`)},
		"a header":                           {request: "Params ListParams", params: "A *string " + tagged(`json:"A,omitempty"`), want: true},
		"a required header":                  {request: "Params ListParams", params: "A string " + tagged(`json:"A"`)},
		"a header with a type of its own":    {request: "Params ListParams", params: "A *Kind " + tagged(`json:"A,omitempty"`)},
		"a type that openapi.yaml has alone": {request: "Params ListParams", params: "A *Other " + tagged(`form:"a,omitempty" json:"a,omitempty"`)},
	} {
		if h, _ := made(t, test.op, test.request, test.params, "string"); h.Plain != test.want {
			t.Errorf("%s: the server reads it by itself: %t; want %t", name, h.Plain, test.want)
		}
	}
}

func TestResponsesThatOnlyEncodingJSONCanEncodeAreLeftToIt(t *testing.T) {
	for body, want := range map[string]string{
		"string":            "appendText[string](t.b, &ok.Body)",
		"Kind":              "appendText[Kind](t.b, &ok.Body)",
		"int":               "appendInt(t.b, &ok.Body)",
		"Inner":             "appendInner(t.b, &ok.Body)",
		"[]Inner":           "appendList(t.b, ok.Body, appendInner)",
		"*bool":             "appendPointer(t.b, ok.Body, appendBool)",
		"[]*Inner":          "",
		"[][]string":        "",
		"float64":           "",
		"any":               "",
		"time.Time":         "",
		"map[string]string": "",
		"Map":               "",
		"Self":              "",
		"Around":            "",
		"Other":             "",
	} {
		if h, _ := made(t, operation{}, "", "", body); h.Encode != want {
			t.Errorf("%s is encoded by %q; want %q", body, h.Encode, want)
		}
	}
}

func TestAMemberThatIsOptionalIsOmitted(t *testing.T) {
	_, functions := made(t, operation{}, "", "", "Inner")
	at := slices.IndexFunc(functions, func(f function) bool { return f.Type == "Inner" })
	if at < 0 {
		t.Fatalf("got the functions %v; want one for Inner", functions)
	}
	code, err := format.Source([]byte(functions[at].Body))
	if err != nil {
		t.Fatal(err)
	}
	const want = "b = appendInt(append(b, `,\"number\":`...), &v.Number)\n" +
		"if v.Live != nil {\n\tb = appendPointer(append(b, `,\"live\":`...), v.Live, appendBool)\n}\n" +
		"if len(v.Tags) > 0 {\n\tb = appendList(append(b, `,\"tags\":`...), v.Tags, appendText[string])\n}\n"
	if string(code) != want {
		t.Errorf("Inner is encoded by\n%s\nwant\n%s", code, want)
	}
}
