package rest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// docs has the pages and the files that they need. `make vendor-docs` downloads Swagger UI from the package swagger-ui-dist.
//
//go:embed docs
var docs embed.FS

// asset is a file that a page needs.
type asset struct {
	contentType string
	bytes       []byte
	zipped      bool   // whether bytes are gzipped
	hash        string // of bytes; it is part of the URL, so that a browser can keep the file forever
}

func (a asset) serve(c echo.Context) error {
	content, etag := a.bytes, a.hash
	header := c.Response().Header()
	if a.zipped {
		header.Set("Vary", "Accept-Encoding")
		if takesGzip(c.Request().Header.Values("Accept-Encoding")) {
			header.Set("Content-Encoding", "gzip")
			etag += "-gzip"
		} else {
			reader, err := gzip.NewReader(bytes.NewReader(a.bytes))
			if err != nil {
				return err
			}
			if content, err = io.ReadAll(reader); err != nil {
				return err
			}
		}
	}
	setPageHeaders(header)
	header.Set("Content-Type", a.contentType)
	header.Set("ETag", `"`+etag+`"`)
	header.Set("Cache-Control", "no-cache")
	if c.QueryParam("v") == a.hash {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(content))
	return nil
}

// takesGzip reports whether Accept-Encoding allows gzip (RFC 9110, section 12.5.3). A quality of 0, 0.0 and so on forbids it.
func takesGzip(lines []string) bool {
	for coding := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		name, parameters, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			quality := strings.ReplaceAll(strings.ToLower(parameters), " ", "")
			return strings.Trim(quality, "q=0.") != "" || quality == ""
		}
	}
	return false
}

// contentTypes is fixed here, because the types of package mime depend on the machine.
var contentTypes = map[string]string{
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".html": "text/html; charset=utf-8",
	".txt":  "text/plain; charset=utf-8",
	"":      "text/plain; charset=utf-8",
}

// readAssets reads the files. The keys are their names without .gz.
func readAssets() (map[string]asset, error) {
	assets := map[string]asset{}
	err := fs.WalkDir(docs, "docs", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := docs.ReadFile(file)
		if err != nil {
			return err
		}
		name, zipped := strings.CutSuffix(path.Base(file), ".gz")
		sum := sha256.Sum256(content)
		assets[name] = asset{contentType: contentTypes[path.Ext(name)], bytes: content, zipped: zipped, hash: hex.EncodeToString(sum[:8])}
		return nil
	})
	return assets, err
}
