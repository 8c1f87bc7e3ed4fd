// Package client calls the phone-number API: the hosted API at https://api.vogent.ai/api, or a server of this project.
// With the API key in VOGENT_API_KEY, this buys a San Francisco number and links it to an agent:
//
//	c, err := client.New()
//	if err != nil {
//		log.Fatal(err)
//	}
//	n, err := c.BuyAny(ctx, api.PhoneNumberSearchInput{Prefix: "415"})
//	if err == nil {
//		n, err = c.Link(ctx, n.ID, "agent_1")
//	}
//
// [New] takes the base URL from VOGENT_BASE_URL. The default is the hosted API. A [Client] is safe for concurrent use by
// multiple goroutines.
//
// # Responses
//
// If err is nil, the response was complete: it had a success status and valid JSON with every required member, and it
// matched the request. Unknown members and enum values are not errors. [WithResponse] keeps the whole body, and
// [Client.Do] calls endpoints that this version does not know. The client reads bodies of up to 8 MiB, and does not follow
// redirects.
//
// # Errors
//
// A failed call returns an [*Error]. Test it with errors.Is against [ErrNotFound], [ErrUnauthorized], [ErrRateLimited],
// [ErrValidation], [ErrNumberUnavailable], [ErrUnavailable] and [ErrOutcomeUnknown]. The error never contains the API key
// or a SIP password, whatever the server sent.
//
// # Retries
//
// The client retries calls that are safe to repeat (Get, GetByNumber, List, All, Search, Update, Link, Unlink, Delete) up
// to 3 times after a connection error, 408, 421, 425, 429 or 5xx. The waits are random, up to 0.5, 1 and 2 seconds, or as
// long as the server's Retry-After says, up to a minute. Each attempt can take 30 seconds; the context limits the whole
// call. [WithRetries] and [WithTimeout] change this for the client or for one call.
//
// Create, Buy, BuyAny and Purchase spend money, so the client retries them only in two cases:
//
//   - The last attempt was certainly not carried out, and the next one may succeed. This is the case if nothing was sent,
//     if the server responded with 421, 425 or 429, or if HTTP/2 shows it (a GOAWAY before the request, REFUSED_STREAM).
//   - The server has shown that it honors the Idempotency-Key that each of these calls carries: it has sent the header
//     Idempotency-Key-TTL in a response. The hosted API does not document this header.
//
// In all other cases, the client finds out the outcome as [Client.Buy] describes. [WithHTTPClient] describes how the
// client makes sure that nothing else sends these calls twice.
package client
