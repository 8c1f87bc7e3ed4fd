package rest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// stricterThanTheSpec has every reason for which the server refuses a request that openapi.yaml accepts: the rules that OpenAPI
// cannot express, and those that the oracle does not see. Each reason has the words of the contract, the status, and a function
// that finds where a request breaks the rule. The function counts only if the spec accepts the request.
var stricterThanTheSpec = []struct {
	name     string
	contract string
	status   int
	broken   func(x *spectest.Exchange) (pointers []string)
}{
	{
		"member twice", "a member duplicated", http.StatusBadRequest,
		func(x *spectest.Exchange) []string { return when(x.TakesBody() && hasDuplicate(x.Body), anywhere) },
	},
	{
		"not UTF-8", "not UTF-8", http.StatusBadRequest, // if the value is read, a rule for it also refuses it
		func(x *spectest.Exchange) []string { return when(x.TakesBody() && !utf8.Valid(x.Body), "") },
	},
	{
		"more behind the body", "followed by more data", http.StatusBadRequest,
		func(x *spectest.Exchange) []string {
			decoder := json.NewDecoder(bytes.NewReader(x.Body))
			err := decoder.Decode(new(any))
			return when(x.TakesBody() && err == nil && len(bytes.Trim(x.Body[decoder.InputOffset():], " \t\r\n")) > 0, anywhere)
		},
	},
	{
		"whole number with point or exponent", "a JSON value of the wrong type (5.0 for an integer included)", http.StatusBadRequest,
		func(x *spectest.Exchange) []string {
			if !x.TakesBody() {
				return nil
			}
			return oddIntegers(x.Operation.Body, x.At(), "")
		},
	},
	{
		"header twice or empty", "a malformed Idempotency-Key", http.StatusBadRequest,
		func(x *spectest.Exchange) []string {
			values := x.Header.Values("Idempotency-Key")
			takesKey := x.Operation.Parameter("header", "Idempotency-Key") != nil
			return when(takesKey && (len(values) > 1 || len(values) == 1 && values[0] == ""), "Idempotency-Key")
		},
	},
	{
		"query that cannot be parsed", "a query parameter badly escaped", http.StatusBadRequest,
		func(x *spectest.Exchange) []string {
			_, err := url.ParseQuery(x.URL().RawQuery)
			return when(err != nil, "")
		},
	},
	{
		"query not UTF-8", "not UTF-8", http.StatusBadRequest, // if the value has a rule, the rule also refuses it
		func(x *spectest.Exchange) (names []string) {
			for name, values := range x.URL().Query() {
				names = append(names, when(!utf8.ValidString(values[0]), name)...)
			}
			return names
		},
	},
	{
		"unknown parameter", "a query parameter unknown", http.StatusBadRequest,
		func(x *spectest.Exchange) (names []string) {
			for name := range x.URL().Query() {
				names = append(names, when(x.Operation.Parameter("query", name) == nil, name)...)
			}
			return names
		},
	},
	{
		"parameter twice", "a query parameter repeated", http.StatusBadRequest,
		func(x *spectest.Exchange) (names []string) {
			for name, values := range x.URL().Query() {
				names = append(names, when(len(values) > 1, name)...)
			}
			return names
		},
	},
	{
		"value in another notation", "a query parameter not of its type", http.StatusBadRequest, // the oracle reads it as Go source
		func(x *spectest.Exchange) (names []string) {
			for _, p := range x.Operation.Parameters {
				form := notations[strings.Join(p.Schema.Value.Type.Slice(), "")]
				value := x.Parameter(p.Name)
				names = append(names, when(p.In == "query" && form != nil && value != "" && !form.MatchString(value), p.Name)...)
			}
			return names
		},
	},
	{
		"integer of 19 digits", "a query parameter not of its type", http.StatusBadRequest, // if it has more than 64 bits, the oracle also refuses it
		func(x *spectest.Exchange) (names []string) {
			for _, p := range x.Operation.Parameters {
				digits := strings.TrimPrefix(x.Parameter(p.Name), "-")
				names = append(names, when(p.In == "query" && p.Schema.Value.Type.Is("integer") && len(digits) == 19, p.Name)...)
			}
			return names
		},
	},
	{
		"cursor", "a cursor not of our form", http.StatusBadRequest,
		func(x *spectest.Exchange) []string {
			return when(x.Parameter("cursor") != "" && !isCursor(x.Parameter("cursor")), "cursor")
		},
	},
	{
		"object missing", "the object that matches `type` missing", http.StatusUnprocessableEntity,
		func(x *spectest.Exchange) []string {
			choice, ok := chosen(x)
			return when(ok && x.At(choice) == nil, "/"+choice)
		},
	},
	{
		"prefix", "US 1-10 digits, the first 2-9; GB one trunk 0 may stand, then 1-10 digits, the first 1-9", http.StatusUnprocessableEntity,
		func(x *spectest.Exchange) []string {
			prefix, least := x.Text("prefix"), byte('2')
			if strings.EqualFold(x.Text("country"), "GB") {
				prefix, least = strings.TrimPrefix(prefix, "0"), '1'
			}
			return when(x.Text("prefix") != "" && (prefix == "" || prefix[0] < least || len(prefix) > 10), "/prefix")
		},
	},
	{
		"host", "host is a hostname, an IPv4 address or an [IPv6] address", http.StatusUnprocessableEntity,
		func(x *spectest.Exchange) []string { return when(faultOf(x) == "host", "/sipImport/terminationUri") },
	},
	{
		"port", "port 1-65535", http.StatusUnprocessableEntity,
		func(x *spectest.Exchange) []string { return when(faultOf(x) == "port", "/sipImport/terminationUri") },
	},
	{
		"transport", "sips implies and allows only tls", http.StatusUnprocessableEntity,
		func(x *spectest.Exchange) []string {
			return when(faultOf(x) == "transport", "/sipImport/terminationUri")
		},
	},
	{
		"size", "a body over 64 KiB", http.StatusRequestEntityTooLarge,
		func(x *spectest.Exchange) []string { return when(x.TakesBody() && len(x.Body) > 64<<10, "") },
	},
	{
		"content coding", "a body with another content type than application/json", http.StatusUnsupportedMediaType,
		func(x *spectest.Exchange) []string {
			return when(x.TakesBody() && x.Header.Get("Content-Encoding") != "", "")
		},
	},
	{
		"two content types", "a body with another content type than application/json", http.StatusUnsupportedMediaType,
		func(x *spectest.Exchange) []string {
			return when(x.TakesBody() && len(x.Header.Values("Content-Type")) > 1, "")
		},
	},
}

// anywhere matches every pointer: the oracle may not see the whole body, so there may be another mistake in it.
const anywhere = "*"

func when(broken bool, pointer string) []string {
	if !broken {
		return nil
	}
	return []string{pointer}
}

// chosen returns the member of the body that the value of another member selects.
func chosen(x *spectest.Exchange) (member string, ok bool) {
	if x.Operation.Body == nil {
		return "", false
	}
	choice, ok := spectest.ChoiceOf(x.Operation.Body)
	member = choice.Mapping[x.Text(choice.Property)]
	return member, ok && member != ""
}

// explain returns the names of the reasons for a refusal. It returns an error if a part of the refusal has no reason, or if
// there is a reason to refuse a request that the server accepted.
func explain(x *spectest.Exchange) (reasons []string, err error) {
	var known []string
	for _, reason := range stricterThanTheSpec {
		pointers := reason.broken(x)
		switch {
		case len(pointers) == 0:
		case x.Response.Code == http.StatusOK:
			return nil, fmt.Errorf("the server accepts what the contract refuses: %s", reason.contract)
		case x.Response.Code == reason.status:
			reasons = append(reasons, reason.name)
			known = append(known, pointers...)
		}
	}
	refused := []string{""}
	if len(x.Problem.Errors) > 0 {
		refused = nil
	}
	for _, field := range x.Problem.Errors {
		refused = append(refused, field.Pointer)
	}
	for _, pointer := range refused {
		if x.Response.Code != http.StatusOK && !slices.Contains(known, pointer) && !slices.Contains(known, anywhere) {
			return nil, fmt.Errorf("the server refuses what the spec accepts, and no reason is known for %q", pointer)
		}
	}
	return reasons, nil
}
