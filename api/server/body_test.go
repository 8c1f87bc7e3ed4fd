package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api/server"
)

// A further route is not in the contract, but its bodies also come from strangers.
func TestBodiesOfFurtherRoutesAreDecodedAsStrictly(t *testing.T) {
	type input struct {
		Name string `json:"name"`
	}
	for name, test := range map[string]struct {
		body, contentType string
		want              int
	}{
		"right":          {`{"name":"a"}`, "application/json", 204},
		"form":           {`name=a`, "application/x-www-form-urlencoded", 415},
		"too large":      {`{"name":"` + strings.Repeat("a", 64<<10) + `"}`, "application/json", 413},
		"null":           {`{"name":null}`, "application/json", 400},
		"unknown member": {`{"nom":"a"}`, "application/json", 400},
		"missing":        {``, "application/json", 400},
	} {
		w := serve(t, request("POST", "/further", test.body, "Content-Type", test.contentType), func(e *echo.Echo, _ *stub, _ *server.Options) {
			e.POST("/further", func(c echo.Context) error {
				if err := c.Bind(new(input)); err != nil {
					return err
				}
				return c.NoContent(http.StatusNoContent)
			})
		})
		if w.Code != test.want {
			t.Errorf("%s: got status %d; want %d: %s", name, w.Code, test.want, w.Body)
		}
	}
}
