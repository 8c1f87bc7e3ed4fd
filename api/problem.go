package api

import "net/http"

// ProblemMediaType is the media type of a problem document (RFC 9457).
const ProblemMediaType = "application/problem+json"

// NewProblem makes the problem of a code, with the code's status and title. An empty detail stands for the code's usual
// text. A server fills in the request id when it answers.
func NewProblem(code ProblemCode, detail string, fields ...ProblemField) *Problem {
	usual, ok := problems[code]
	if !ok {
		usual = problems[CodeInternal]
	}
	if detail == "" {
		detail = usual.detail
	}
	return &Problem{
		Type:   "about:blank",
		Title:  http.StatusText(usual.status),
		Status: usual.status,
		Detail: detail,
		Code:   code,
		Errors: fields,
	}
}

// Error makes a Problem an error. The text has the code, the detail, the broken rules and the request id.
func (p *Problem) Error() string {
	if p == nil {
		return "a problem that is nil"
	}
	text := string(p.Code) + ": " + p.Detail
	for _, field := range p.Errors {
		text += " " + field.Pointer + " " + field.Detail + "."
	}
	if p.RequestID != "" {
		text += " (request " + p.RequestID + ")"
	}
	return text
}

// problems is the one place that says which code has which status.
var problems = map[ProblemCode]struct {
	status int
	detail string
}{
	CodeInvalidRequest:        {http.StatusBadRequest, "The request is not of the documented shape."},
	CodeUnauthorized:          {http.StatusUnauthorized, `The API key is not valid. Send a valid key as "Authorization: Bearer KEY".`},
	CodeNotFound:              {http.StatusNotFound, "There is no phone number with this id."},
	CodeMethodNotAllowed:      {http.StatusMethodNotAllowed, "This path does not take this method. The Allow header names those it takes."},
	CodePayloadTooLarge:       {http.StatusRequestEntityTooLarge, "The body has more than 65536 bytes."},
	CodeUnsupportedMediaType:  {http.StatusUnsupportedMediaType, `Send the body as JSON, with the header "Content-Type: application/json".`},
	CodeValidationFailed:      {http.StatusUnprocessableEntity, "A value breaks a rule."},
	CodeNumberUnavailable:     {http.StatusUnprocessableEntity, "This number is not available. Search for another one."},
	CodeSIPPrefixTaken:        {http.StatusUnprocessableEntity, "This SIP prefix is taken. Choose another one."},
	CodeIdempotencyInProgress: {http.StatusConflict, "The first request under this Idempotency-Key is still running. Send it again later."},
	CodeIdempotencyKeyReused:  {http.StatusUnprocessableEntity, "This Idempotency-Key stands for another request. Use a new key."},
	CodeRateLimited:           {http.StatusTooManyRequests, "Too many requests. Try again later."},
	CodeInternal:              {http.StatusInternalServerError, "The server failed. Its log has the reason under the request id."},
	CodeStorageUnavailable:    {http.StatusServiceUnavailable, "The database cannot take the request now. Try again later."},
}
