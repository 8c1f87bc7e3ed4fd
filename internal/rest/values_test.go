package rest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// notations are the ways to write a value in a query, by its JSON type.
var notations = map[string]*regexp.Regexp{
	"integer": regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`),
	"number":  regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`),
	"boolean": regexp.MustCompile(`^(true|false)$`),
}

// oddIntegers finds the integers in a body that are written with a decimal point or an exponent.
func oddIntegers(schema *openapi3.Schema, value any, at string) (pointers []string) {
	switch v := value.(type) {
	case json.Number:
		return when(schema.Type.Is("integer") && strings.ContainsAny(v.String(), ".eE"), at)
	case map[string]any:
		for name, inner := range v {
			if property := schema.Properties[name]; property != nil {
				pointers = append(pointers, oddIntegers(property.Value, inner, at+"/"+name)...)
			}
		}
	}
	return pointers
}

// hasDuplicate reports whether an object in a JSON text has a name twice, as encoding/json reads it.
func hasDuplicate(body []byte) (found bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // a number may have any size
	var walk func() error
	walk = func() error {
		start, err := decoder.Token()
		if _, ok := start.(json.Delim); err != nil || !ok {
			return err
		}
		seen := map[json.Token]bool{}
		for decoder.More() {
			if start == json.Delim('{') {
				name, err := decoder.Token()
				if err != nil {
					return err
				}
				found = found || seen[name]
				seen[name] = true
			}
			if err := walk(); err != nil {
				return err
			}
		}
		_, err = decoder.Token()
		return err
	}
	return walk() == nil && found
}

func isCursor(s string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return false
	}
	id, err := uuid.FromBytes(raw)
	return err == nil && !strings.ContainsAny(s, "\r\n") && id.Version() == 7 && id.Variant() == uuid.RFC4122
}

// terminationURIs are the two ways to read a termination URI: "sip:5060" can also be a host with a port.
var terminationURIs = []*regexp.Regexp{
	regexp.MustCompile(`^(?i:(sips?):)(\[[^\]]*\]|[^:;]*)(?::([0-9]+))?(?i:;transport=(udp|tcp|tls))?$`),
	regexp.MustCompile(`^()(\[[^\]]*\]|[^:;]*)(?::([0-9]+))?(?i:;transport=(udp|tcp|tls))?$`),
}

var hostname = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?$`)

// faultOf returns what is wrong with the terminationUri, or "" if one way to read it finds nothing wrong.
func faultOf(x *spectest.Exchange) (fault string) {
	text := x.Text("sipImport", "terminationUri")
	if x.Text("type") != "sip_import" {
		return ""
	}
	if text == "" {
		return "" // the request has none, because the spec refuses an empty one
	}
	for _, form := range terminationURIs {
		uri := form.FindStringSubmatch(text)
		if uri == nil {
			continue
		}
		scheme, host, port, transport := uri[1], uri[2], uri[3], uri[4]
		n, _ := strconv.Atoi(port)
		switch {
		case !isHost(host):
			fault = "host"
		case port != "" && (n < 1 || n > 65535):
			fault = "port"
		case strings.EqualFold(scheme, "sips") && transport != "" && !strings.EqualFold(transport, "tls"):
			fault = "transport"
		default:
			return ""
		}
	}
	return fault
}

func isHost(s string) bool {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		return strings.Contains(inner, ":") && net.ParseIP(strings.TrimSuffix(inner, "]")) != nil
	}
	return net.ParseIP(s) != nil || len(strings.TrimSuffix(s, ".")) <= 253 && hostname.MatchString(s)
}
