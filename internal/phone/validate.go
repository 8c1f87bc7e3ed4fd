package phone

import (
	"fmt"
	"slices"
)

// ruleList collects every broken rule of a request.
type ruleList []BrokenRule

func (r *ruleList) check(ok bool, pointer, detail string) {
	if !ok {
		*r = append(*r, BrokenRule{Pointer: pointer, Detail: detail})
	}
}

func (r *ruleList) checkAgentID(id *string, pointer string) {
	r.check(id == nil || *id == "" || isAgentID(*id), pointer, wantAgentID)
}

func (r *ruleList) checkCredentials(object, name, secret string, least int) {
	r.check(username.MatchString(name) && len(name) >= least, object+"/username", fmt.Sprintf(wantUsername, least))
	r.check(password.MatchString(secret) && len(secret) >= least, object+"/password", fmt.Sprintf(wantPassword, least))
}

func (r *ruleList) err() error {
	if len(*r) == 0 {
		return nil
	}
	return &Error{Code: ValidationFailed, Rules: *r}
}

func (q ListQuery) validate() (Filter, int, error) {
	var rules ruleList
	var filter Filter
	limit := defaultPage
	if q.Limit != nil {
		rules.check(*q.Limit >= 1, "limit", "must be 1 or more")
		limit = min(*q.Limit, maxPage)
	}
	if q.Number != nil {
		rules.check(IsE164(*q.Number) || IsSIPPrefix(*q.Number), "number",
			"must be a phone number in E.164 form, with its + written %2B in a URL, or a SIP prefix")
		filter.Number = *q.Number
	}
	rules.checkAgentID(q.AgentID, "agentId")
	filter.AgentID = q.AgentID
	if q.Type != nil {
		filter.Type = Type(*q.Type)
		rules.check(slices.Contains(Types, filter.Type), "type", "must be PSTN or SIP_USERNAME")
	}
	return filter, limit, rules.err()
}

// Validate returns an *Error with each rule that the request breaks. It requires the object that matches the type, and checks
// its values. The other objects may be present, as in the example that the hosted API publishes, and Validate ignores their
// values.
func (c Create) Validate() error {
	var rules ruleList
	// has reports whether the object that matches the type is present, and records a broken rule if it is not.
	has := func(object bool, pointer string) bool {
		rules.check(object, pointer, "is required if type is "+c.Type)
		return object
	}
	switch c.Type {
	case createPurchase:
		if has(c.Purchase != nil, "/purchase") {
			rules.check(IsE164(c.Purchase.Number), "/purchase/number", wantE164)
		}
	case createSIPImport:
		if has(c.SIPImport != nil, "/sipImport") {
			rules.check(IsE164(c.SIPImport.PhoneNumber), "/sipImport/phoneNumber", wantE164)
			rules.check(isTerminationURI(c.SIPImport.TerminationURI), "/sipImport/terminationUri", wantURI)
			rules.checkCredentials("/sipImport", c.SIPImport.Username, c.SIPImport.Password, 1)
		}
	case createVogentSIP:
		if has(c.VogentSIP != nil, "/vogentSip") {
			rules.check(IsSIPPrefix(c.VogentSIP.SIPPrefix), "/vogentSip/sipPrefix", wantSIPPrefix)
			rules.checkCredentials("/vogentSip", c.VogentSIP.Username, c.VogentSIP.Password, minSIPLength)
		}
	default:
		rules.check(false, "/type", "must be purchase, sip_import or vogent_sip")
	}
	return rules.err()
}
