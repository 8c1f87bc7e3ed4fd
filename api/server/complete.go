package server

import (
	"encoding"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

// completeResponses refuses what the generated code would send as a 200 with an empty body. It
// sends a list that is nil as an empty list, not as null.
func completeResponses() StrictMiddlewareFunc {
	var lists lists
	return func(next StrictHandlerFunc, operationID string) StrictHandlerFunc {
		return func(c echo.Context, request any) (any, error) {
			response, err := next(c, request)
			switch {
			case err != nil:
				return nil, err
			case response == nil:
				return nil, errors.New(operationID + " returned neither a response nor an error")
			}
			return lists.fill(response), nil
		}
	}
}

// lists finds the lists and maps in responses. It looks through each type once.
type lists struct {
	fields sync.Map // reflect.Type of a struct: the []field in which lists and maps can be
}

// field is a field of a struct.
type field struct {
	index     int
	omitEmpty bool // a list or map is not sent if it is empty
	omitZero  bool // nothing is sent if it is the zero value
}

// fill returns the response with an empty list or map for each one that is nil and would be encoded
// as null. What is in lists and maps stays as it is. So does a response that is a pointer:
// generated ones are values.
func (l *lists) fill(response any) any {
	v := reflect.ValueOf(response)
	if v.Kind() == reflect.Pointer || !l.find(v, nil, false) {
		return response
	}
	filled := reflect.New(v.Type()).Elem() // the response is the implementer's
	filled.Set(v)
	l.find(filled, nil, true)
	return filled.Interface()
}

// find reports whether v has a nil list or map, and fills all of them if it is told to. It follows
// no pointer that it comes from: a value that contains itself has no end.
func (l *lists) find(v reflect.Value, above []uintptr, fill bool) (found bool) {
	switch {
	case !l.canHave(v.Type()):
		return false
	case v.Kind() == reflect.Struct:
		for _, f := range l.fieldsOf(v.Type()) {
			if value := v.Field(f.index); !f.omits(value) && l.find(value, above, fill) {
				found = true
			}
		}
		return found
	case v.Kind() == reflect.Pointer:
		return !v.IsNil() && !slices.Contains(above, v.Pointer()) && l.findBehind(v, above, fill)
	case v.IsNil() && fill && v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case v.IsNil() && fill:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
	return v.IsNil()
}

// findBehind fills a copy of what a pointer points to, which is the implementer's.
func (l *lists) findBehind(pointer reflect.Value, above []uintptr, fill bool) bool {
	above = append(above, pointer.Pointer())
	if fill {
		filled := reflect.New(pointer.Type().Elem())
		filled.Elem().Set(pointer.Elem())
		pointer.Set(filled)
	}
	return l.find(pointer.Elem(), above, fill)
}

func (f field) omits(v reflect.Value) bool {
	return v.IsZero() && (f.omitZero || f.omitEmpty && v.Kind() != reflect.Struct)
}

// canHave reports whether a value of type t can have a list or map to fill.
func (l *lists) canHave(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice, reflect.Map:
		return !encodesItself(t)
	case reflect.Struct:
		return len(l.fieldsOf(t)) > 0
	case reflect.Pointer:
		return true // find looks at what it points to
	default:
		return false
	}
}

// fieldsOf returns the fields of a struct in which lists and maps can be.
func (l *lists) fieldsOf(t reflect.Type) []field {
	if known, ok := l.fields.Load(t); ok {
		return known.([]field)
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		if !encodesItself(t) && isEncoded(f) && hasList(f.Type, map[reflect.Type]bool{}) {
			options := strings.Split(f.Tag.Get("json"), ",")[1:]
			fields = append(fields, field{
				index:     i,
				omitEmpty: slices.Contains(options, "omitempty"),
				omitZero:  slices.Contains(options, "omitzero"),
			})
		}
	}
	l.fields.Store(t, fields)
	return fields
}

// hasList reports whether a value of type t can have a list or map. It looks through no type twice.
func hasList(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || encodesItself(t) {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Slice, reflect.Map:
		return true
	case reflect.Pointer:
		return hasList(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); isEncoded(f) && hasList(f.Type, seen) {
				return true
			}
		}
		return false
	default:
		return false
	}
}

// isEncoded reports whether a field is a part of the JSON text. The headers of a generated response
// are not.
func isEncoded(f reflect.StructField) bool {
	embedded := f.Anonymous && f.Type.Kind() == reflect.Struct
	headers := f.Name == "Headers" && f.Tag == ""
	return (f.IsExported() || embedded) && f.Tag.Get("json") != "-" && !headers
}

func encodesItself(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Marshaler]()) ||
		t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}
