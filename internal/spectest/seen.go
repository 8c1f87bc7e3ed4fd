package spectest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers/api"
)

// Seen records which parts of a Spec have occurred in responses: each status with its headers, media types and problem codes,
// each member of a body, and each value of an enum.
type Seen struct {
	parts map[string]int
}

// NewSeen returns a Seen that has seen nothing.
func NewSeen() *Seen { return &Seen{map[string]int{}} }

// Add records a response.
func (s *Seen) Add(x *Exchange) {
	if x.Operation == nil {
		s.parts["code "+string(x.Problem.Code)]++
		s.parts["problem /code = "+string(x.Problem.Code)]++
		return
	}
	at := fmt.Sprintf("%s %d", x.ID(), x.Response.Code)
	s.parts[at]++
	mediaType := plainMediaType(x.Response.Header().Get("Content-Type"))
	s.parts[at+" "+mediaType]++
	for name := range x.Response.Header() {
		s.parts[at+" header "+strings.ToLower(name)]++
	}
	if x.Problem.Code != "" {
		s.parts["code "+string(x.Problem.Code)]++
		s.parts[at+" code "+string(x.Problem.Code)]++
	}
	response := x.Operation.Responses.Status(x.Response.Code)
	if response == nil || response.Value.Content[mediaType] == nil {
		return
	}
	var body any
	if json.Unmarshal(x.Response.Body.Bytes(), &body) == nil {
		s.addValue(bodyOf(at, mediaType), response.Value.Content[mediaType].Schema.Value, body)
	}
}

func (s *Seen) addValue(at string, schema *openapi3.Schema, value any) {
	switch v := value.(type) {
	case nil:
		s.parts[at+" null"]++
		return
	case map[string]any:
		for name, inner := range v {
			if property := schema.Properties[name]; property != nil {
				s.addValue(at+"/"+name, property.Value, inner)
			}
		}
	case []any:
		for _, inner := range v {
			s.addValue(at+"/*", schema.Items.Value, inner)
		}
	case string:
		if len(schema.Enum) > 0 {
			s.parts[at+" = "+v]++
		}
	}
	s.parts[at]++
}

// Merge adds what other has seen.
func (s *Seen) Merge(other *Seen) {
	for part, n := range other.parts {
		s.parts[part] += n
	}
}

// Count returns how many responses of the operation had this status.
func (s *Seen) Count(operationID string, status int) int {
	return s.parts[fmt.Sprintf("%s %d", operationID, status)]
}

// Missing returns the documented parts that have not been seen.
func (s *Seen) Missing(spec *Spec) (missing []string) {
	for _, part := range spec.documented() {
		if s.parts[part] == 0 {
			missing = append(missing, part)
		}
	}
	return missing
}

// documented returns all parts of the responses that the spec documents, named as in Seen.
func (s *Spec) documented() (parts []string) {
	for _, code := range s.Document.Components.Schemas["ProblemCode"].Value.Enum {
		parts = append(parts, fmt.Sprint("code ", code))
	}
	for _, op := range s.Operations {
		responses := op.Responses.Map()
		for _, status := range slices.Sorted(maps.Keys(responses)) {
			at, response := op.OperationID+" "+status, responses[status].Value
			parts = append(parts, at)
			for _, name := range slices.Sorted(maps.Keys(response.Headers)) {
				parts = append(parts, at+" header "+strings.ToLower(name))
			}
			for _, code := range codesOf(response) {
				parts = append(parts, at+" code "+string(code))
			}
			for _, mediaType := range slices.Sorted(maps.Keys(response.Content)) {
				parts = append(parts, at+" "+mediaType)
				parts = append(parts, documentedValues(bodyOf(at, mediaType), response.Content[mediaType].Schema.Value)...)
			}
		}
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}

// bodyOf returns the prefix for the parts of a body. A problem has the same members in every response.
func bodyOf(at, mediaType string) string {
	if mediaType == api.ProblemMediaType {
		return "problem "
	}
	return at + " "
}

func documentedValues(at string, schema *openapi3.Schema) (parts []string) {
	parts = append(parts, at)
	if schema.Nullable {
		parts = append(parts, at+" null")
	}
	if schema.Type.Is(openapi3.TypeString) {
		for _, value := range schema.Enum {
			parts = append(parts, fmt.Sprint(at, " = ", value))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		parts = append(parts, documentedValues(at+"/"+name, schema.Properties[name].Value)...)
	}
	if schema.Items != nil {
		parts = append(parts, documentedValues(at+"/*", schema.Items.Value)...)
	}
	return parts
}
