package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/api/server"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/sandbox/fault"
	"github.com/vogent-community/phonenumbers/internal/sandbox/journal"
)

// maxBody is how much of a body observe reads. The API refuses a larger body.
const maxBody = 64 << 10

// observe puts each request for the API into the journal, and carries out the fault that hits it.
func (w *world) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start, r := time.Now(), c.Request()
		op, _ := server.OperationOf(c)
		body, err := peekBody(r)
		authorization := r.Header.Get(echo.HeaderAuthorization)
		sequence := w.journal.Add(journal.Redacted(control.Request{
			Operation:      op.ID,
			Method:         r.Method,
			Path:           r.URL.EscapedPath(),
			Query:          r.URL.RawQuery,
			IdempotencyKey: r.Header.Get("Idempotency-Key"),
			RequestID:      c.Response().Header().Get(echo.HeaderXRequestID),
		}, authorization, body, err, w.secrets...))
		hit, isHit := w.rules.Pick(fault.Request{
			Operation: op.ID,
			ID:        c.Param("id"),
			Query:     r.URL.RawQuery,
			Body:      body,
			NumberOf:  func(id string) string { return w.numberOf(r.Context(), authorization, id) },
		})
		defer func() { // also if the connection is cut, which is a panic
			w.journal.Update(sequence, func(r *control.Request) {
				r.Status, r.DurationMs, r.Fault = c.Response().Status, int(time.Since(start).Milliseconds()), hit.Name
				r.Workspace = rest.WorkspaceOf(c.Request().Context()).Name
			})
		}()
		if isHit {
			return fault.Apply(c, hit, next, w.lifetime.ended)
		}
		return next(c)
	}
}

// peekBody returns the start of the body of r, which can still be read as a whole.
func peekBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	return body, err
}
