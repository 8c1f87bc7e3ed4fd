// Package server serves the phone-number API. Implement the seven methods of [StrictServerInterface], and pass your
// implementation to [Register]. Register does what the contract requires for every operation, so that your code only
// deals with phone numbers.
package server
