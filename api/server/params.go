package server

import (
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
)

// params has, for each operation that takes query or header parameters, the generated struct they are bound to. An operation
// that is not here takes none.
var params = map[string]reflect.Type{
	"GET /phone_numbers":           reflect.TypeFor[api.ListPhoneNumbersParams](),
	"POST /phone_numbers":          reflect.TypeFor[api.CreatePhoneNumberParams](),
	"POST /phone_numbers/purchase": reflect.TypeFor[api.PurchasePhoneNumberParams](),
}

// wholeNumber is an integer as JSON writes it, short enough for 64 bits.
var wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})$`)

// strictParams refuses what the generated binding lets pass or cannot point at: a query that cannot be parsed, of which Echo
// silently drops the bad part, an unknown or repeated name, a number that is none, a header that is empty or there twice.
func strictParams(params reflect.Type) echo.MiddlewareFunc {
	kinds, headers := paramKinds(params)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			query, err := url.ParseQuery(c.Request().URL.RawQuery)
			if err != nil {
				return api.NewProblem(api.CodeInvalidRequest, "The query cannot be parsed: "+err.Error()+".")
			}
			broken := brokenParams(query, kinds)
			for _, name := range headers {
				if values := c.Request().Header.Values(name); len(values) > 1 || len(values) == 1 && values[0] == "" {
					broken = append(broken, api.ProblemField{Pointer: name, Detail: "must be there once, and not be empty"})
				}
			}
			if len(broken) > 0 {
				return api.NewProblem(api.CodeInvalidRequest, "", broken...)
			}
			return next(c)
		}
	}
}

// paramKinds reads the names of the query parameters, and what they are, and the names of the header parameters off the tags
// of the generated struct.
func paramKinds(params reflect.Type) (kinds map[string]reflect.Kind, headers []string) {
	kinds = map[string]reflect.Kind{}
	if params == nil {
		return kinds, nil
	}
	for _, field := range reflect.VisibleFields(params) {
		if form, isQuery := field.Tag.Lookup("form"); isQuery {
			name, _, _ := strings.Cut(form, ",")
			kinds[name] = field.Type.Elem().Kind()
		} else {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			headers = append(headers, name)
		}
	}
	return kinds, headers
}

func brokenParams(query url.Values, kinds map[string]reflect.Kind) []api.ProblemField {
	var broken []api.ProblemField
	for _, name := range slices.Sorted(maps.Keys(query)) {
		kind, known := kinds[name]
		value := query[name][0]
		switch {
		case !known:
			broken = append(broken, api.ProblemField{Pointer: name, Detail: "is not a query parameter of this operation; names are case-sensitive"})
		case len(query[name]) > 1:
			broken = append(broken, api.ProblemField{Pointer: name, Detail: "is there more than once"})
		case kind == reflect.Int && !wholeNumber.MatchString(value):
			broken = append(broken, api.ProblemField{Pointer: name, Detail: "must be a whole number of at most 18 digits"})
		case !utf8.ValidString(value):
			broken = append(broken, api.ProblemField{Pointer: name, Detail: "must be UTF-8"})
		}
	}
	return broken
}
