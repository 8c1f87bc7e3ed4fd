// Package api holds the types of the phone-number API as openapi.yaml describes them, and the little that generated code
// cannot say: [AgentLink] tells "unlink" from "leave alone", [NoAgent] lists the numbers that are linked to no agent,
// [Purchase], [SIPImport] and [VogentSIP] make the three kinds of create request, and [Problem] is the error that every
// failed call is answered with.
//
// A call goes through package client; package server is for those who answer calls.
package api
