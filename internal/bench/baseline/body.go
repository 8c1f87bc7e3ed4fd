package baseline

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

const (
	maxBody     = 64 << 10
	wantAgentID = "must be 1 to 128 letters, digits, hyphens and underscores, or empty"
)

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case len(body) > 0 && !isJSON(r.Header):
		return nil, api.NewProblem(api.CodeUnsupportedMediaType, "")
	case errors.As(err, &tooLarge):
		return nil, api.NewProblem(api.CodePayloadTooLarge, "")
	case err != nil:
		return nil, api.NewProblem(api.CodeInvalidRequest, "The body was incomplete.")
	case len(body) == 0:
		return nil, api.NewProblem(api.CodeInvalidRequest, "The body is missing. Send a JSON object.")
	}
	return body, nil
}

func isJSON(header http.Header) bool {
	types := header.Values("Content-Type")
	if len(types) != 1 || header.Get("Content-Encoding") != "" {
		return false
	}
	mediaType, _, _ := strings.Cut(types[0], ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "application/json")
}

// link is an agent id. Unlike *string, it refuses null.
type link struct {
	id  string
	set bool
}

var errNull = errors.New("must not be null; use the empty string to unlink")

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (l *link) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case 'n':
		return errNull
	case '"', jsontext.KindInvalid: // what is invalid is a syntax error
		l.set = true
		return json.UnmarshalDecode(d, &l.id)
	default:
		return errors.New("must be a string")
	}
}

// decode returns the change that a body asks for.
func decode(body []byte) (change phone.Change, err error) {
	var input struct {
		AgentID link `json:"agentId"`
	}
	if err := json.Unmarshal(body, &input, json.RejectUnknownMembers(true)); err != nil {
		return change, decodingProblem(err)
	}
	switch {
	case strings.TrimSpace(string(body)) == "null":
		return change, invalid("", "must not be null")
	case !isAgentID(input.AgentID.id):
		return change, api.NewProblem(api.CodeValidationFailed, "", api.ProblemField{Pointer: "/agentId", Detail: wantAgentID})
	case input.AgentID.set:
		change.AgentID = &input.AgentID.id
	}
	return change, nil
}

func decodingProblem(err error) error {
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName):
		return invalid(string(semantic.JSONPointer), "is not a member that this operation accepts; names are case-sensitive")
	case errors.As(err, &semantic) && errors.Is(err, errNull):
		return invalid("/agentId", errNull.Error())
	case errors.As(err, &semantic) && semantic.JSONPointer == "":
		return invalid("", "must be an object")
	case errors.As(err, &semantic):
		return invalid(string(semantic.JSONPointer), "must be a string")
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntactic):
		return invalid(string(syntactic.JSONPointer), "appears more than once")
	case errors.As(err, &syntactic):
		return api.NewProblem(api.CodeInvalidRequest, fmt.Sprintf("The body is not valid JSON: the error is at byte %d.", syntactic.ByteOffset))
	}
	return api.NewProblem(api.CodeInvalidRequest, "The body is not valid JSON.")
}

func invalid(pointer, detail string) error {
	return api.NewProblem(api.CodeInvalidRequest, "", api.ProblemField{Pointer: pointer, Detail: detail})
}

// isAgentID also accepts the empty string, which unlinks a number.
func isAgentID(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			return false
		}
	}
	return len(s) <= 128
}
