// Package raw is the unchanged client that oapi-codegen generates from openapi.yaml. Package client is built on it. The
// method Raw of its Client returns this client with the same base URL, key and connections.
//
// A call returns an error only if there is no response at all. Check the member for the status that you expect: JSON200
// is nil for every other status, and for a response that is not JSON. This package reads bodies without a size limit
// and retries nothing. The ids "", "." and ".." lead to another path.
package raw
