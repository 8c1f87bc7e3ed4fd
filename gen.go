// Package phonenumbers holds the OpenAPI document that everything in this module is generated from or checked against.
package phonenumbers

import _ "embed"

//go:generate go tool oapi-codegen -config api/models.cfg.yaml openapi.yaml
//go:generate go tool oapi-codegen -config api/client.cfg.yaml openapi.yaml
//go:generate go tool oapi-codegen -config api/server.cfg.yaml openapi.yaml
//go:generate go run ./internal/specgen

// Spec is openapi.yaml, word for word.
//
//go:embed openapi.yaml
var Spec []byte
