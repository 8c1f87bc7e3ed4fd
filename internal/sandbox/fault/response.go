package fault

import (
	"bytes"
	"maps"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
)

// response is a response that is kept away from the client. It is an http.ResponseWriter.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *response) Header() http.Header         { return r.header }
func (r *response) WriteHeader(status int)      { r.status = status }
func (r *response) Write(p []byte) (int, error) { return r.body.Write(p) }

// record returns the complete response of next, which has the headers that the response of c has so far.
func record(c echo.Context, next echo.HandlerFunc) *response {
	original := c.Response()
	defer c.SetResponse(original) // also if next panics
	r := &response{header: original.Header().Clone(), status: http.StatusOK}
	c.SetResponse(echo.NewResponse(r, c.Echo()))
	if err := next(c); err != nil {
		c.Error(err)
	}
	return r
}

// sendHeader sends everything but the body.
func (r *response) sendHeader(w *echo.Response) {
	maps.Copy(w.Header(), r.header)
	w.WriteHeader(r.status)
}

// send sends the response.
func (r *response) send(w *echo.Response) error {
	r.sendHeader(w)
	if r.body.Len() == 0 {
		return nil // a status such as 204 does not allow a Write
	}
	_, err := w.Write(r.body.Bytes())
	return err
}

// sendHalf sends the headers and half of the body, rounded down. If the body is empty, a client of HTTP/1.1 can still tell
// that it is not complete: without a Content-Length, net/http marks the end of the body, and that mark is missing. This does
// not hold for a status that has no body: such a response is complete.
func (r *response) sendHalf(w *echo.Response) {
	if r.body.Len() > 0 {
		r.header.Set(echo.HeaderContentLength, strconv.Itoa(r.body.Len()))
	}
	r.sendHeader(w)
	_, err := w.Write(r.body.Bytes()[:r.body.Len()/2])
	if err == nil {
		w.Flush()
	}
}
