// Package client calls the phone-number API: the hosted one at https://api.vogent.ai/api, or a server of this project. All of
// it is generated from openapi.yaml so far.
//
// Use [NewClientWithResponses]. A call returns an error only where there is no answer at all. Look at the member for the
// status you expect: JSON200 is nil for every other status, and also for an answer that is not JSON.
package client
