package server

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

// completeResponses completes the responses of the handlers that oapi-codegen generates.
func completeResponses() StrictMiddlewareFunc {
	var known lists
	return func(next StrictHandlerFunc, operationID string) StrictHandlerFunc {
		return func(c echo.Context, request any) (any, error) {
			response, err := next(c, request)
			if err != nil {
				return nil, err
			}
			return known.complete(response, operationID)
		}
	}
}

// complete rejects a nil response, which the generated code would send as a 200 with an empty body. It sends a nil list as an
// empty list, not as null.
func (l *lists) complete(response any, operationID string) (any, error) {
	if response == nil {
		return nil, errors.New(operationID + " returned neither a response nor an error")
	}
	return l.fill(response), nil
}

// lists has, for each type of response, the fields that are lists. It inspects each type once.
type lists struct {
	paths sync.Map // from reflect.Type to the index paths for FieldByIndex
}

// fill returns the response with an empty list in place of each nil list that would be sent as null. It does not change
// the elements of lists, or what pointers point to.
func (l *lists) fill(response any) any {
	v := reflect.ValueOf(response)
	if v.Kind() == reflect.Slice && v.IsNil() {
		return reflect.MakeSlice(v.Type(), 0, 0).Interface()
	}
	known, ok := l.paths.Load(v.Type())
	if !ok {
		known, _ = l.paths.LoadOrStore(v.Type(), listsOf(v.Type(), nil))
	}
	var filled reflect.Value
	for _, path := range known.([][]int) {
		if !v.FieldByIndex(path).IsNil() {
			continue
		}
		if !filled.IsValid() {
			filled = reflect.New(v.Type()).Elem() // a copy, because the response belongs to the implementer
			filled.Set(v)
		}
		list := filled.FieldByIndex(path)
		list.Set(reflect.MakeSlice(list.Type(), 0, 0))
	}
	if !filled.IsValid() {
		return response
	}
	return filled.Interface()
}

// listsOf returns the index paths of the lists in a struct that are sent even if they are empty.
func listsOf(t reflect.Type, above []int) (paths [][]int) {
	if t.Kind() != reflect.Struct || t.Implements(reflect.TypeFor[json.Marshaler]()) {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		path := append(slices.Clone(above), i)
		switch {
		case !f.IsExported(), name == "-", strings.Contains(options, "omit"), above == nil && f.Name == "Headers":
		case f.Type.Kind() == reflect.Slice && !f.Type.Implements(reflect.TypeFor[json.Marshaler]()):
			paths = append(paths, path)
		default:
			paths = append(paths, listsOf(f.Type, path)...)
		}
	}
	return paths
}
