package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api/server"
)

func TestTheBaseURLServesEveryOperation(t *testing.T) {
	for base, path := range map[string]string{
		"": "", "/": "", "/api": "/api", "/api/": "/api", "/v1/api": "/v1/api", "/v1/api/": "/v1/api",
		"/.well-known": "/.well-known", "/~a/b-c_d.e": "/~a/b-c_d.e", "/@me": "/@me", "/a!$&'()+,;=": "/a!$&'()+,;=",
	} {
		w := serve(t, request("PUT", path+"/phone_numbers/1", "{}"), func(_ *echo.Echo, _ *stub, o *server.Options) { o.BaseURL = base })
		if w.Code != http.StatusOK {
			t.Errorf("BaseURL %q: got status %d; want 200", base, w.Code)
		}
	}
}

func TestABaseURLThatCannotWorkPanics(t *testing.T) {
	for _, base := range []string{
		"api", "api/", "//", "//api", "/api//", "/v1//api", "/..", "/api/..", "/../api", "/.", "/./api", "/api?x=1", "/api?", "/api#x",
		"/:tenant", "/api:", "/*", "/api*", "/a b", " /api", "/api ", " ", "/api\n", "/%61pi", "/%2F", "/api%", "http://localhost/api", `\api`, "/é", "/a\x00",
	} {
		got := panicOf(func() {
			serve(t, request("GET", "/", ""), func(_ *echo.Echo, _ *stub, o *server.Options) { o.BaseURL = base })
		})
		for _, want := range []string{"Options.BaseURL", fmt.Sprintf("%q", base), `"/api"`} {
			if !strings.Contains(got, want) {
				t.Errorf("BaseURL %q: the panic is %q; want %s in it", base, got, want)
			}
		}
	}
}

func TestAnEchoServesOneAPI(t *testing.T) {
	got := panicOf(func() {
		serve(t, request("GET", "/", ""), func(e *echo.Echo, _ *stub, o *server.Options) { server.Register(e, &stub{}, *o) })
	})
	if want := "use a separate Echo"; !strings.Contains(got, want) {
		t.Errorf("the panic is %q; want %s in it", got, want)
	}
}

// panicOf returns the text that do panics with, or "" if it does not panic.
func panicOf(do func()) (text string) {
	defer func() {
		if value := recover(); value != nil {
			text = fmt.Sprint(value)
		}
	}()
	do()
	return ""
}
