package rest_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/rest"
)

// fetched is a response without its body.
type fetched struct {
	StatusCode int
	Status     string
	Header     http.Header
}

// fetch sends a request with exactly these headers: it adds no Accept-Encoding. It returns the response and its body.
func (s *testServer) fetch(t *testing.T, method, path string, header http.Header) (fetched, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	plain := &http.Transport{DisableCompression: true}
	defer plain.CloseIdleConnections()
	response, err := plain.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read to its end
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fetched{response.StatusCode, response.Status, response.Header}, string(body)
}

// The server sends a client without gzip the files of swagger-ui-dist 5.35.0 exactly as its package has them.
func TestTheFilesOfSwaggerUIAreThoseOfItsPackage(t *testing.T) {
	t.Parallel()
	s := newServer(t, dbtest.SQLite(t))
	for name, want := range map[string]string{
		"swagger-ui-bundle.js":             "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
		"swagger-ui.css":                   "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
		"swagger-ui-bundle.js.LICENSE.txt": "37eb6e7e59aed57b2c1acf076574b818ea07b74265717e0bd67b59e0baf9abbb",
		"LICENSE":                          "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
		"NOTICE":                           "0d20d1adef18aee3f40dd258172155521ce702ac445cb5f7b7d60ed32dad2fb2",
	} {
		response, body := s.fetch(t, http.MethodGet, "/docs/"+name, http.Header{})
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(body))); response.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s: got %s with the SHA-256 %s; want 200 with %s", name, response.Status, got, want)
		}
	}
}

func TestWhoeverTakesGzipGetsIt(t *testing.T) {
	t.Parallel()
	s := newServer(t, dbtest.SQLite(t))
	for accepts, want := range map[string]string{
		"gzip": "gzip", "br, GZIP;q=0.5": "gzip", "deflate,gzip ; q=1": "gzip", "gzip;q=0": "", "gzip; q=0.00": "", "br": "", "": "",
	} {
		response, body := s.fetch(t, http.MethodGet, "/docs/swagger-ui.css", http.Header{"Accept-Encoding": {accepts}})
		call := fmt.Sprintf("Accept-Encoding %q", accepts)
		wantHeader(t, call, response.Header, "Content-Encoding", want)
		wantHeader(t, call, response.Header, "Vary", "Accept-Encoding")
		wantHeader(t, call, response.Header, "Content-Type", "text/css; charset=utf-8")
		if got := strings.HasPrefix(body, "\x1f\x8b"); got != (want == "gzip") {
			t.Errorf("%s: the body is gzip: %t; want %t", call, got, want == "gzip")
		}
	}
}

// A browser requests a page each time. The URL of a file of a page contains the hash of the file, so a browser keeps the file.
func TestABrowserKeepsTheFilesAndNotThePages(t *testing.T) {
	t.Parallel()
	s := newServer(t, dbtest.SQLite(t))
	response, page := s.fetch(t, http.MethodGet, "/docs", http.Header{})
	wantHeader(t, "/docs", response.Header, "Cache-Control", "no-cache")
	files := regexp.MustCompile(`(?:src|href)="(/docs/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(files) != 5 {
		t.Errorf("the page has the files %q; want 5", files)
	}
	for _, file := range files {
		response, _ := s.fetch(t, http.MethodGet, file[1], http.Header{"Accept-Encoding": {"gzip"}})
		etag := response.Header.Get("ETag")
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: got %s; want 200", file[1], response.Status)
		}
		wantHeader(t, file[1], response.Header, "Cache-Control", "public, max-age=31536000, immutable")
		if etag == "" {
			t.Errorf("%s: the headers are %v; want ETag", file[1], response.Header)
		}
		again, body := s.fetch(t, http.MethodGet, file[1], http.Header{"Accept-Encoding": {"gzip"}, "If-None-Match": {etag}})
		if again.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%s again: got %s and %d bytes; want 304 and none", file[1], again.Status, len(body))
		}
		name, _, _ := strings.Cut(file[1], "?")
		unversioned, _ := s.fetch(t, http.MethodHead, name, http.Header{})
		wantHeader(t, name, unversioned.Header, "Cache-Control", "no-cache")
	}
}

func TestPagesRunNothingForeignAndAreNotFramed(t *testing.T) {
	t.Parallel()
	s := newServer(t, dbtest.SQLite(t))
	for _, path := range []string{"/", "/docs", "/nothing", "/docs/reference.js"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			response, body := s.fetch(t, method, path, http.Header{"Accept": {"text/html"}})
			policy := response.Header.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'"} {
				if !strings.Contains(policy, part) {
					t.Errorf("%s %s: %q has no %s", method, path, policy, part)
				}
			}
			wantHeader(t, method+" "+path, response.Header, "X-Content-Type-Options", "nosniff")
			if (method == http.MethodHead) != (body == "") {
				t.Errorf("%s %s: got %d bytes; want some for GET and none for HEAD", method, path, len(body))
			}
			if inline := regexp.MustCompile(`<script>|\son\w+=`).FindString(body); inline != "" && path != "/docs/reference.js" {
				t.Errorf("%s has %s; want no inline script", path, inline)
			}
		}
	}
}

// For an unknown path, a browser gets a page and a program gets a problem. Below /api both get a problem.
func TestAnUnknownPathIsAPageForBrowsersOnly(t *testing.T) {
	t.Parallel()
	s := newServer(t, dbtest.SQLite(t))
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for _, c := range []struct{ method, path, accept, want string }{
		{http.MethodGet, "/nothing", browser, "text/html; charset=UTF-8"},
		{http.MethodHead, "/nothing", browser, "text/html; charset=UTF-8"},
		{http.MethodGet, "/docs/reference.html", browser, "text/html; charset=UTF-8"},
		{http.MethodGet, "/apis", browser, "text/html; charset=UTF-8"},
		{http.MethodGet, "/nothing", "*/*", api.ProblemMediaType},
		{http.MethodGet, "/nothing", "", api.ProblemMediaType},
		{http.MethodPost, "/nothing", browser, api.ProblemMediaType},
		{http.MethodGet, "/api", browser, api.ProblemMediaType},
		{http.MethodGet, "/api/nothing", browser, api.ProblemMediaType},
		{http.MethodGet, "/api/phone_numbers/x/y", browser, api.ProblemMediaType},
	} {
		response, _ := s.fetch(t, c.method, c.path, http.Header{"Accept": {c.accept}})
		call := fmt.Sprintf("%s %s, Accept %q", c.method, c.path, c.accept)
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %s; want 404", call, response.Status)
		}
		wantHeader(t, call, response.Header, "Content-Type", c.want)
		if response.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: the headers are %v; want X-Request-Id", call, response.Header)
		}
	}
	response, _ := s.fetch(t, http.MethodGet, "/docs/", http.Header{})
	wantHeader(t, "/docs/", response.Header, "Location", "/docs")
}

func TestABrowserGetsWhatIsThere(t *testing.T) {
	t.Parallel()
	s := newServer(t, dbtest.SQLite(t))
	for _, path := range []string{"/", "/docs", "/docs/swagger-ui.css", "/healthz", "/readyz", "/openapi.yaml"} {
		if response, _ := s.fetch(t, http.MethodGet, path, http.Header{"Accept": {"text/html"}}); response.StatusCode != http.StatusOK {
			t.Errorf("GET %s: got %s; want 200", path, response.Status)
		}
	}
}

func TestTheStartPageSaysWhatRuns(t *testing.T) {
	t.Parallel()
	s := newServerOn(t, dbtest.SQLite(t), func(services *rest.Services) {
		services.About = rest.About{Version: `v1.2.3 <i>"`, Database: "SQLite"}
	})
	key := s.key(t, "secret-workspace")
	_, page := s.fetch(t, http.MethodGet, "/", http.Header{"Authorization": {"Bearer " + key}, "X-Forwarded-Proto": {`"><i>`}})
	for _, part := range []string{
		"Version v1.2.3 &lt;i&gt;&#34;, on SQLite", `href="docs"`, `href="openapi.yaml"`, `href="healthz"`, "/api VOGENT_API_KEY=KEY", "phonenumbers search 415",
	} {
		if !strings.Contains(page, part) {
			t.Errorf("it has no %q:\n%s", part, page)
		}
	}
	for _, part := range []string{key, "secret-workspace", "test.db", "<i>", "{{"} {
		if strings.Contains(page, part) {
			t.Errorf("it has %q:\n%s", part, page)
		}
	}
}
