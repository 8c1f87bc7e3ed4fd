// Package server answers phone-number API calls. Implement the seven methods of [StrictServerInterface] and give them to
// [Register]: it adds what the contract asks of every operation, so that an implementation is only about phone numbers.
package server
