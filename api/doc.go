// Package api defines the types of the phone-number API, generated from openapi.yaml. It adds what generated code cannot
// express: [AgentLink] distinguishes "unlink" from "leave unchanged", [NoAgent] is the filter for numbers without an agent,
// and [Purchase], [SIPImport] and [VogentSIP] make the three kinds of create request. [Problem] is the body of an error
// response.
//
// To call the API, use package client. To implement it, use package server.
package api
