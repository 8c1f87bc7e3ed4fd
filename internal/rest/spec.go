package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/labstack/echo/v4"
	"go.yaml.in/yaml/v3"

	"github.com/vogent-community/phonenumbers"
)

// serveSpec serves a document as name.yaml and name.json.
func serveSpec(e *echo.Echo, name string, made func() (notations, error)) error {
	spec, err := made()
	if err != nil {
		return err
	}
	e.Match(probes, "/"+name+".yaml", func(c echo.Context) error { return c.Blob(http.StatusOK, "application/yaml", spec.yaml) })
	e.Match(probes, "/"+name+".json", func(c echo.Context) error {
		json, err := spec.json()
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, json)
	})
	return nil
}

type notations struct {
	yaml []byte
	json func() ([]byte, error) // made at the first call, because it takes half of the time of a start
}

// The documents are made once: tests start hundreds of servers.
var (
	openAPI = sync.OnceValues(func() (notations, error) { return servedSpec("openapi.yaml", phonenumbers.Spec, BaseURL) })
	control = sync.OnceValues(func() (notations, error) { return servedSpec("control.yaml", phonenumbers.ControlSpec, "/") })
)

// servedSpec returns a document with this server as the first of its servers.
func servedSpec(name string, text []byte, url string) (spec notations, err error) {
	if spec.yaml, err = withServer(text, url); err != nil {
		return spec, fmt.Errorf("%s: %w", name, err)
	}
	spec.json = sync.OnceValues(func() ([]byte, error) {
		var document yaml.Node
		if err := yaml.Unmarshal(spec.yaml, &document); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		var b bytes.Buffer
		if err := writeJSON(&b, document.Content[0]); err != nil {
			return nil, fmt.Errorf("write %s as JSON: %w", name, err)
		}
		return b.Bytes(), nil
	})
	return spec, nil
}

// writeJSON writes a YAML node as JSON. It keeps the order of the members, because pages show the first example first.
func writeJSON(b *bytes.Buffer, node *yaml.Node) error {
	switch node.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i, part := range node.Content {
			switch {
			case i%2 == 1:
				b.WriteByte(':')
			case i > 0:
				b.WriteByte(',')
			}
			if i%2 == 0 {
				part = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: part.Value} // a status is a number in YAML, but a name in JSON
			}
			if err := writeJSON(b, part); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, element := range node.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, element); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	default:
		var value any
		if err := node.Decode(&value); err != nil {
			return err
		}
		text, err := json.Marshal(value)
		b.Write(text)
		return err
	}
}

// withServer adds this server to the text of a document, so that comments and layout stay the same.
func withServer(text []byte, url string) ([]byte, error) {
	servers := []byte("\nservers:\n")
	if bytes.Count(text, servers) != 1 {
		return nil, errors.New(`there is no line "servers:"`)
	}
	return bytes.Replace(text, servers, []byte("\nservers:\n  - url: "+url+"\n    description: This server\n"), 1), nil
}
