package rest

import (
	"fmt"
	"html"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// About is what the start page says of the server.
type About struct {
	Version  string // of the program
	Database string // such as SQLite
}

// pageHeaders keep a page from calling other hosts, from running code that is not a file of this server, and from being framed.
// They allow inline styles because Swagger UI sets styles on its elements.
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

// pages are the pages for people, and the files that they need.
type pages struct {
	start, reference, control, nothing string // start contains {{base-url}}, which each request replaces
	assets                             map[string]asset
}

// What the pages say only in a sandbox, and only elsewhere.
const (
	sandboxLink = `<li><a href="docs/control">Sandbox control</a>: reset the sandbox, see its requests, make requests fail, and call its numbers (<a href="control.yaml">control.yaml</a>, <a href="control.json">control.json</a>)</li>
`
	sandboxKey = `Replace KEY with the API key that the sandbox has printed.`
	serverKey  = `Replace KEY with your API key. To create a key, run <code>phonenumbers keys create --name NAME</code>.`
)

// readPages reads the pages and fills in what is the same for every request.
func readPages(about About, sandbox bool) (pages, error) {
	assets, err := readAssets()
	if err != nil {
		return pages{}, fmt.Errorf("read the pages: %w", err)
	}
	// This does not use html/template, which would make the program 5 MB larger: the linker would then keep all methods.
	values := []string{"{{version}}", html.EscapeString(about.Version), "{{database}}", html.EscapeString(about.Database)}
	for name, a := range assets {
		if path.Ext(name) != ".html" {
			values = append(values, "{{"+name+"}}", "/docs/"+name+"?v="+a.hash)
		}
	}
	page := func(name string, more ...string) string {
		return strings.NewReplacer(slices.Concat(values, more)...).Replace(string(assets[name].bytes))
	}
	key, link, other := serverKey, "", ""
	if sandbox {
		key, link, other = sandboxKey, sandboxLink, "<a href=\"docs/control\">Sandbox control</a>\n"
	}
	return pages{
		start:     page("start.html", "{{key}}", key, "{{sandbox}}", link),
		reference: page("reference.html", "{{title}}", "API reference", "{{document}}", "openapi", "{{root}}", "./", "{{other}}", other),
		control: page("reference.html", "{{title}}", "Sandbox control", "{{document}}", "control", "{{root}}", "../",
			"{{other}}", "<a href=\"../docs\">API reference</a>\n"),
		nothing: page("notfound.html"),
		assets:  assets,
	}, nil
}

// serve adds the routes of the pages to e. The page for unknown paths has none.
func (p pages) serve(e *echo.Echo) {
	for name, a := range p.assets {
		if path.Ext(name) != ".html" {
			e.Match(probes, "/docs/"+name, a.serve)
		}
	}
	e.Match(probes, "/", func(c echo.Context) error {
		baseURL := c.Scheme() + "://" + c.Request().Host + BaseURL
		return servePage(c, http.StatusOK, strings.ReplaceAll(p.start, "{{base-url}}", html.EscapeString(baseURL)))
	})
	e.Match(probes, "/docs", func(c echo.Context) error { return servePage(c, http.StatusOK, p.reference) })
	e.Match(probes, "/docs/", func(c echo.Context) error { return c.Redirect(http.StatusMovedPermanently, "/docs") })
}

// serveControl adds the route of the page for the control of a sandbox.
func (p pages) serveControl(e *echo.Echo) {
	e.Match(probes, "/docs/control", func(c echo.Context) error { return servePage(c, http.StatusOK, p.control) })
}

func servePage(c echo.Context, status int, page string) error {
	setPageHeaders(c.Response().Header())
	c.Response().Header().Set("Cache-Control", "no-cache")
	return c.HTML(status, page)
}
