package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
	"go.yaml.in/yaml/v3"

	"github.com/vogent-community/phonenumbers"
)

// serveSpec hands out openapi.yaml, in both notations, with this very server in front of the others.
func serveSpec(e *echo.Echo) error {
	asYAML, err := withServer(phonenumbers.Spec)
	if err != nil {
		return err
	}
	var document any
	if err := yaml.Unmarshal(asYAML, &document); err != nil {
		return fmt.Errorf("read openapi.yaml: %w", err)
	}
	asJSON, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("write openapi.json: %w", err)
	}
	e.Match(probes, "/openapi.yaml", func(c echo.Context) error { return c.Blob(http.StatusOK, "application/yaml", asYAML) })
	e.Match(probes, "/openapi.json", func(c echo.Context) error { return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, asJSON) })
	return nil
}

// withServer works on the text, so that comments and layout stay.
func withServer(spec []byte) ([]byte, error) {
	servers := []byte("\nservers:\n")
	if bytes.Count(spec, servers) != 1 {
		return nil, errors.New(`openapi.yaml has no line "servers:"`)
	}
	return bytes.Replace(spec, servers, []byte("\nservers:\n  - url: "+BaseURL+"\n    description: This server\n"), 1), nil
}
