// Package client calls the phone-number API: the hosted one at https://api.vogent.ai/api, or a server of this project.
// This buys a San Francisco number and links it to an agent, with the key in VOGENT_API_KEY:
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
// [New] takes the base URL from VOGENT_BASE_URL; the default is the hosted API. A [Client] is safe for concurrent use
// by multiple goroutines.
//
// # Responses
//
// If err is nil, the response was complete: a success status, valid JSON with every required member, and about what you
// asked for. Unknown members and enum values are not errors; [WithResponse] keeps the whole body, and [Client.Do] calls
// what this version does not know. The client reads bodies of up to 8 MiB, and follows no redirects.
//
// # Errors
//
// A failed call returns an [*Error]. Test it with errors.Is against [ErrNotFound], [ErrUnauthorized], [ErrRateLimited],
// [ErrValidation], [ErrNumberUnavailable], [ErrUnavailable] and [ErrOutcomeUnknown]. It contains neither the API key
// nor a SIP password, whatever the server sent.
//
// # Retries
//
// Calls that are safe to repeat (Get, GetByNumber, List, All, Search, Update, Link, Unlink, Delete) are retried after a
// connection error, 408, 421, 425, 429 or 5xx, up to 3 times. The waits are random, up to 0.5, 1 and 2 seconds, or as
// long as the Retry-After of the server says, up to a minute. Each attempt can take 30 seconds; the context limits the
// whole call. [WithRetries] and [WithTimeout] change this for the client or for one call.
//
// Create, Buy, BuyAny and Purchase spend money, so they are retried only in two cases. In the first, the last attempt
// was certainly not carried out and the next one may be: nothing was sent, the server responded with 421, 425 or 429,
// or HTTP/2 shows it (a GOAWAY before the request, REFUSED_STREAM). In the second, the server has shown that it honors
// the Idempotency-Key that each of these calls carries, by sending the header Idempotency-Key-TTL in a response; the
// hosted API does not document this header. Otherwise, [Client.Buy] says how the client finds out the outcome.
// [WithHTTPClient] says how the client makes sure that nothing else sends these calls twice.
package client
