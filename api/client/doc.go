// Package client calls the phone-number API: the hosted one at https://api.vogent.ai/api, or a server of this project. These
// lines buy a number of San Francisco and link it to an agent, with the key that is in VOGENT_API_KEY:
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
// [New] takes the base URL from VOGENT_BASE_URL, else it is that of the hosted API. A [Client] is safe for use by many goroutines.
//
// # Answers
//
// If err is nil the answer was complete: a status of success, JSON, every required member there, and about what was asked for.
// Members and values of an enum that this version does not know are no error; [WithResponse] keeps the whole body, and [Client.Do]
// calls what this version does not know. Bodies are read up to 8 MiB, redirects are not followed.
//
// # Errors
//
// A call that fails returns an [*Error], which errors.Is compares with [ErrNotFound], [ErrUnauthorized], [ErrRateLimited],
// [ErrValidation], [ErrNumberUnavailable], [ErrUnavailable] and [ErrOutcomeUnknown]. It holds neither the API key nor a SIP
// password, whatever the server sent.
//
// # Trying again
//
// A call that can be repeated without harm (Get, GetByNumber, List, All, Search, Update, Link, Unlink, Delete) is sent again after a
// connection error, 408, 421, 425, 429 and 5xx: 3 times at most, after a random time of up to 0.5, 1 and 2 seconds, or when the
// server's Retry-After is over, a minute at most. An attempt may take 30 seconds; the context bounds the whole. [WithRetries] and
// [WithTimeout] change that for the client or for one call.
//
// Create, Buy, BuyAny and Purchase spend money, so they are sent again only in two cases. The first: the last attempt was surely
// not carried out, and the next one may be: nothing was sent, the server answered 421, 425 or 429, or HTTP/2 shows it (a GOAWAY
// before the request, REFUSED_STREAM). The second: the server has shown, by the header Idempotency-Key-TTL of an answer, that it
// honors the Idempotency-Key that each of these calls carries; the hosted API has not documented that. See [Client.Buy] for how
// the outcome is found out otherwise, and [WithHTTPClient] for how the client makes sure that nothing else sends them twice.
package client
