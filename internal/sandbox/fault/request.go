package fault

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/vogent-community/phonenumbers/api/control"
)

// Request is what a fault can select a request by. Only faults with a number look at the query and the body.
type Request struct {
	Operation string // the operationId; no fault hits a request without one
	ID        string // the id in the path
	Query     string // as in url.URL.RawQuery
	Body      []byte

	// NumberOf returns the number or SIP prefix with this id, or "" if there is none.
	NumberOf func(id string) string
}

// selects reports whether f applies to a request. numbers returns the numbers that the request names.
func selects(f control.Fault, r Request, numbers func() []string) bool {
	return (f.Operation == "" || f.Operation == r.Operation) &&
		(f.ID == "" || f.ID == r.ID) &&
		(f.Number == "" || slices.ContainsFunc(numbers(), func(n string) bool { return strings.EqualFold(n, f.Number) }))
}

// numbers returns all texts of the request that can be a number or a SIP prefix: the values in the query, the strings in the
// body, and the number with the id.
func (r Request) numbers() (texts []string) {
	query, _ := url.ParseQuery(r.Query) // of a query with mistakes, it returns the parameters that have none
	for _, values := range query {
		texts = append(texts, values...)
	}
	var body any
	if json.Unmarshal(r.Body, &body) == nil {
		texts = appendStrings(texts, body)
	}
	if r.ID != "" {
		texts = append(texts, r.NumberOf(r.ID))
	}
	return texts
}

// appendStrings appends the strings in a JSON value, but not the names of members.
func appendStrings(texts []string, value any) []string {
	switch value := value.(type) {
	case string:
		return append(texts, value)
	case []any:
		for _, v := range value {
			texts = appendStrings(texts, v)
		}
	case map[string]any:
		for _, v := range value {
			texts = appendStrings(texts, v)
		}
	}
	return texts
}
