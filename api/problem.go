package api

import "net/http"

// ProblemMediaType is the media type of a problem document (RFC 9457).
const ProblemMediaType = "application/problem+json"

// NewProblem returns a problem with this code and the status and title that belong to it. If detail is empty, the problem has
// the code's default text. The server adds the request id when it sends the response.
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

// Error implements error. It returns the code, the detail, the broken rules and the request id.
func (p *Problem) Error() string {
	if p == nil {
		return "a nil problem"
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
