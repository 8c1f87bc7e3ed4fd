package rest

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"
)

// About is what the start page says of the server.
type About struct {
	Version  string // of the program
	Database string // such as SQLite
}

// pageHeaders keep a page from asking another host, from running what is not a file of this server, and from being framed. Swagger UI
// sets styles on its elements.
var pageHeaders = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options": "nosniff",
	"Referrer-Policy":        "no-referrer",
}

func setPageHeaders(header http.Header) {
	for name, value := range pageHeaders {
		header.Set(name, value)
	}
}

// servePages puts the pages for people on e: the start page, the reference, and one for a path where nothing is.
func servePages(e *echo.Echo, about About) error {
	assets, err := readAssets()
	if err != nil {
		return fmt.Errorf("read the pages: %w", err)
	}
	// No html/template: it would make the program 5 MB bigger, as the linker then keeps all methods.
	values := []string{"{{version}}", html.EscapeString(about.Version), "{{database}}", html.EscapeString(about.Database)}
	for name, a := range assets {
		if path.Ext(name) != ".html" {
			e.Match(probes, "/docs/"+name, a.serve)
			values = append(values, "{{"+name+"}}", "/docs/"+name+"?v="+a.hash)
		}
	}
	fill := strings.NewReplacer(values...)
	page := func(name string) string { return fill.Replace(string(assets[name].bytes)) }
	start, reference, nothing := page("start.html"), page("reference.html"), page("notfound.html")

	e.Match(probes, "/", func(c echo.Context) error {
		baseURL := c.Scheme() + "://" + c.Request().Host + BaseURL
		return servePage(c, http.StatusOK, strings.ReplaceAll(start, "{{base-url}}", html.EscapeString(baseURL)))
	})
	e.Match(probes, "/docs", func(c echo.Context) error { return servePage(c, http.StatusOK, reference) })
	e.Match(probes, "/docs/", func(c echo.Context) error { return c.Redirect(http.StatusMovedPermanently, "/docs") })
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := next(c)
			if errors.Is(err, echo.ErrNotFound) && wantsPage(c.Request()) {
				return servePage(c, http.StatusNotFound, nothing)
			}
			return err
		}
	})
	return nil
}

func servePage(c echo.Context, status int, page string) error {
	setPageHeaders(c.Response().Header())
	c.Response().Header().Set("Cache-Control", "no-cache")
	return c.HTML(status, page)
}

// wantsPage reports whether a browser asks for a page, and not a program for an answer.
func wantsPage(r *http.Request) bool {
	below := r.URL.Path == BaseURL || strings.HasPrefix(r.URL.Path, BaseURL+"/")
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	return reads && !below && strings.Contains(r.Header.Get("Accept"), "text/html")
}
