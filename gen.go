// Package phonenumbers holds the OpenAPI documents that everything in this module is generated from or checked against.
package phonenumbers

import _ "embed"

//go:generate go tool oapi-codegen -config api/models.cfg.yaml openapi.yaml
//go:generate go tool oapi-codegen -config api/client.cfg.yaml openapi.yaml
//go:generate go tool oapi-codegen -config api/server.cfg.yaml openapi.yaml
//go:generate go tool oapi-codegen -config api/control/models.cfg.yaml control.yaml
//go:generate go tool oapi-codegen -config internal/sandbox/controlserver/server.cfg.yaml control.yaml
//go:generate go run ./internal/specgen

// Spec is openapi.yaml, word for word.
//
//go:embed openapi.yaml
var Spec []byte

// ControlSpec is control.yaml, word for word.
//
//go:embed control.yaml
var ControlSpec []byte
