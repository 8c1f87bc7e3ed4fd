// Package phone holds the rules for phone numbers and the seven operations on them.
package phone

// Type says what kind of number a Number is.
type Type string

// The types, as the API writes them.
const (
	PSTN        Type = "PSTN"         // a number of the telephone network; Number is E.164
	SIPUsername Type = "SIP_USERNAME" // a SIP address; Number is its prefix
)

// Types has each Type.
var Types = []Type{PSTN, SIPUsername}

// Number is a phone number that a workspace owns.
type Number struct {
	ID      string // a UUID (RFC 9562), lower case
	Number  string
	Type    Type
	AgentID string // empty if the number is not linked
}

// Change is what an update sets. A nil field leaves the field of Number with the same name unchanged.
type Change struct {
	AgentID *string // the empty string unlinks the number
}

// Validate returns an *Error with each rule that the change breaks. known reports whether an agent exists; if known is nil,
// every agent does.
func (c Change) Validate(known func(agentID string) bool) error {
	var rules ruleList
	rules.checkAgentID(c.AgentID, "/agentId")
	if known != nil && c.AgentID != nil && isAgentID(*c.AgentID) {
		rules.check(known(*c.AgentID), "/agentId", knownAgentID)
	}
	return rules.err()
}

// SIPCredentials are what a SIP call to or from a number needs.
type SIPCredentials struct {
	Username       string
	Password       string
	TerminationURI string // empty for a SIP address of our own
}

// Filter limits which numbers a list contains. The zero Filter allows every number.
type Filter struct {
	Number  string  // in E.164 form, or a SIP prefix in any letter case
	AgentID *string // the empty string selects numbers without an agent
	Type    Type
}

// Page is a part of a list. Cursor identifies the next page; it is empty on the last page.
type Page struct {
	Numbers []Number
	Cursor  string
}
