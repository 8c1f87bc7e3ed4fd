// Package raw is the client that oapi-codegen makes of openapi.yaml, as it is. Package client stands over it; its method Raw
// hands out this client with the same base URL, key and connections.
//
// A call returns an error only where there is no answer at all. Look at the member for the status you expect: JSON200 is nil
// for every other status, and also for an answer that is not JSON. Bodies are read without a bound, nothing is sent again, and
// the ids "", "." and ".." lead to another path.
package raw
