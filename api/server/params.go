package server

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
)

// notation has the form of a value in a query for each JSON type that does not allow every text.
var notation = map[string]struct {
	form   *regexp.Regexp
	detail string
}{
	"integer": {regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})$`), "must be a whole number of at most 18 digits"},
	"number":  {regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$`), "must be a number"},
	"boolean": {regexp.MustCompile(`^(true|false)$`), "must be true or false"},
}

// checkParams rejects what the generated binding accepts or reports without its name: a query that cannot be parsed
// (Echo silently drops the bad part), an unknown or repeated name, an invalid number or boolean, and a header that is
// empty or repeated.
func checkParams(op Operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := op.refuseParams(c.Request()); err != nil {
				return err
			}
			return next(c)
		}
	}
}

func (op *Operation) refuseParams(r *http.Request) error {
	var broken []api.ProblemField
	if r.URL.RawQuery != "" {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return api.NewProblem(api.CodeInvalidRequest, "The query cannot be parsed: "+err.Error()+".")
		}
		broken = brokenQuery(query, op.query)
	}
	broken = append(broken, brokenHeaders(r.Header, op.headers)...)
	if len(broken) > 0 {
		return api.NewProblem(api.CodeInvalidRequest, "", broken...)
	}
	return nil
}

// brokenQuery checks the values by the JSON types of the parameters. A test of internal/specgen fails if a parameter
// has a type that is not supported here.
func brokenQuery(query url.Values, types map[string]string) (broken []api.ProblemField) {
	for name, values := range query {
		jsonType, known := types[name]
		detail := ""
		switch {
		case !known:
			detail = "is not a query parameter of this operation; names are case-sensitive"
		case len(values) > 1:
			detail = "appears more than once"
		case notation[jsonType].form != nil && !notation[jsonType].form.MatchString(values[0]):
			detail = notation[jsonType].detail
		case !utf8.ValidString(values[0]):
			detail = "must be valid UTF-8"
		default:
			continue
		}
		broken = append(broken, api.ProblemField{Pointer: name, Detail: detail})
	}
	slices.SortFunc(broken, func(a, b api.ProblemField) int { return strings.Compare(a.Pointer, b.Pointer) })
	return broken
}

func brokenHeaders(header http.Header, names []string) (broken []api.ProblemField) {
	for _, name := range names {
		values := header.Values(name)
		if len(values) > 1 || len(values) == 1 && values[0] == "" {
			detail := "must appear only once and must not be empty"
			broken = append(broken, api.ProblemField{Pointer: name, Detail: detail})
		}
	}
	return broken
}
